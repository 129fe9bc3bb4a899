// Who else is here, and telling them that we are.
import { openCase, pane, settle } from "./screen.js"
import { closePane, whenLeaving, whenOpened } from "./conversation.js"
import { ask, form } from "./http.js"

const BEAT_MS = 10_000
const QUIET_MS = 4000
let typing = false
let quiet = null

export async function beat() {
  const main = openCase()
  if (!main || document.hidden) return
  const result = await ask("POST", main.dataset.presence, form({ typing: typing ? 1 : 0 })).catch(() => null)
  if (openCase() !== main) return
  if (result?.status === 404) closePane({ gone: true })
  if (!result?.ok) return
  const place = pane.querySelector("#presence")
  if (place.innerHTML === result.text) return
  place.innerHTML = result.text
  settle(place)
  const marks = pane.querySelector("[data-marks]")
  marks?.replaceChildren(...[...place.querySelectorAll(".here")].map(person => {
    const mark = document.createElement("span")
    mark.className = "av xs"
    mark.title = person.textContent.trim()
    mark.textContent = person.dataset.initials
    return mark
  }))
}

function setTyping(now) {
  if (typing === now) return
  typing = now
  beat()
}

pane.addEventListener("input", event => {
  if (!event.target.matches("textarea[data-draft]")) return
  clearTimeout(quiet)
  quiet = setTimeout(() => setTyping(false), QUIET_MS)
  setTyping(event.target.value.trim() !== "")
})

function gone() {
  const main = openCase()
  if (!main) return
  const data = form({ gone: 1, csrfmiddlewaretoken: document.querySelector('meta[name="csrf"]').content })
  navigator.sendBeacon(main.dataset.presence, data)
  typing = false
}
whenLeaving(left => { if (!left.gone) gone() })
whenOpened(beat)
addEventListener("pagehide", gone)
addEventListener("visibilitychange", beat)
setInterval(beat, BEAT_MS)
