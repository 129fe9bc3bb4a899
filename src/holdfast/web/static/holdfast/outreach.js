// A telephone number opens in its place for a minute and seals itself. What is being typed beside it stays.
// Copying it takes the code of the session along instead of the value.
const closed = new WeakMap()

function sealAgain(open) {
  const slot = open.closest("[data-sealed]")
  if (slot && closed.has(slot)) slot.replaceChildren(...closed.get(slot))
}

addEventListener("submit", async event => {
  const form = event.target.closest("form[data-reveal]")
  if (!form) return
  event.preventDefault()
  const slot = form.closest("[data-sealed]")
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => null)
  if (!answer || (!answer.ok && answer.status !== 403)) return
  if (answer.redirected) return location.assign(answer.url)
  form.closest("details").open = false
  closed.set(slot, [...slot.childNodes])
  slot.replaceChildren(document.createRange().createContextualFragment(await answer.text()))
  slot.firstElementChild.focus()
})

setInterval(() => {
  for (const open of document.querySelectorAll(".open-seal[data-seconds]")) {
    open.dataset.ends ??= Date.now() + Number(open.dataset.seconds) * 1000 // the server's clock may differ from this one
    const left = Math.ceil((Number(open.dataset.ends) - Date.now()) / 1000)
    if (left <= 0) sealAgain(open)
    else {
      open.querySelector("[data-left-seconds]").textContent = `${left} s`
      open.querySelector(".left")?.setAttribute("stroke-dasharray", `${Math.round((left / Number(open.dataset.seconds)) * 100)} 100`)
    }
  }
}, 250)

addEventListener("click", event => {
  if (event.target.closest("[data-hide]")) sealAgain(event.target.closest(".open-seal"))
})
addEventListener("copy", event => {
  const open = document.getSelection()?.anchorNode?.parentElement?.closest(".open-seal")
  if (!open) return
  event.preventDefault()
  event.clipboardData.setData("text/plain", `sealed value, ${open.dataset.code}`)
})
