// An open value of a case seals itself again where it stood.
import { keepTime } from "../open-seal.js"
import { get } from "./http.js"
import { pane, settle } from "./screen.js"

async function sealAgain(open) {
  if (open.dataset.closing) return
  open.dataset.closing = "1"
  open.querySelector(".v")?.replaceChildren("•••")
  const slot = open.closest('[id^="sealed-"], [id^="raw-"], [id^="picture-"]')
  let html = ""
  try {
    if (open.dataset.again) html = (await get(open.dataset.again)).text
  } finally {
    if (slot) {
      slot.innerHTML = html
      settle(slot)
    }
  }
}

keepTime(pane, sealAgain)
