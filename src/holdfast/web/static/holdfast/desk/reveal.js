// An open value counts down and seals itself. Copying it takes the code of the session along instead of the value.
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

setInterval(() => {
  for (const open of pane.querySelectorAll(".open-seal[data-seconds]:not([data-closing])")) {
    open.dataset.ends ??= Date.now() + Number(open.dataset.seconds) * 1000 // the server's clock may differ from this one
    const left = Math.ceil((Number(open.dataset.ends) - Date.now()) / 1000)
    if (left <= 0) sealAgain(open)
    else {
      open.querySelector("[data-left-seconds]").textContent = `${left} s`
      open.querySelector(".left")?.setAttribute("stroke-dasharray", `${Math.round((left / Number(open.dataset.seconds)) * 100)} 100`)
    }
  }
}, 250)

pane.addEventListener("click", event => {
  if (event.target.closest("[data-hide]")) sealAgain(event.target.closest(".open-seal"))
})
addEventListener("copy", event => {
  const open = document.getSelection()?.anchorNode?.parentElement?.closest(".open-seal")
  if (!open) return
  event.preventDefault()
  event.clipboardData.setData("text/plain", `sealed value, ${open.dataset.code}`)
})
