// A telephone number opens in its place for a minute and seals itself. What is being typed beside it stays.
import { keepMarks } from "./marks.js"
import { keepTime } from "./open-seal.js"

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

function tell(address, fields) {
  const body = new FormData()
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value)
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  return fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } })
}

keepTime(document, sealAgain)
keepMarks(document.body, tell)
