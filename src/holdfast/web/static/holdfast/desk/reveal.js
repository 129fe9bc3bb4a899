// An open value of a case seals itself again where it stood.
import { keepMarks } from "../marks.js"
import { keepTime } from "../open-seal.js"
import { ask, form, get } from "./http.js"
import { pane, settle } from "./screen.js"

async function sealAgain(open) {
  if (open.dataset.closing) return
  open.dataset.closing = "1"
  open.querySelector(".v")?.replaceChildren("•••")
  const slot = open.closest('[id^="sealed-"], [id^="raw-"], [id^="picture-"], [id^="file-"]')
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

// A file that was asked for is saved at once: asking was the click.
new MutationObserver(() => {
  for (const link of pane.querySelectorAll("a[data-take]")) {
    const taken = Object.assign(document.createElement("span"), { className: "v", textContent: link.dataset.take })
    link.click()
    link.replaceWith(taken) // it works once
  }
}).observe(pane, { childList: true, subtree: true })

keepTime(pane, sealAgain)
keepMarks(pane, (address, fields) => ask("POST", address, form(fields)))
