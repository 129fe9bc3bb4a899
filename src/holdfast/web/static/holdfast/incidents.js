// The page of an incident is live on its right side and where counts stand; what somebody is writing is never exchanged.
// Words are kept as they are typed, so that nothing is lost with the window.
import { fetchBand, fetchSigns } from "./posture.js"
import { refreshTimes } from "./time.js"

const page = document.getElementById("incident"), list = document.getElementById("incidents")
const form = document.getElementById("composer"), checked = document.getElementById("checked")
const KEEP_AFTER = 900
let waiting = null, sending = false, again = false, touched = false, paused = false

async function refresh(part) {
  if (!part || part.contains(document.activeElement) || part.querySelector("details[open]")) return
  try {
    const answer = await fetch(part.dataset.part)
    if (!answer.ok) return
    part.replaceChildren(document.createRange().createContextualFragment(await answer.text()))
    refreshTimes(part)
  } catch { /* the clock on the page goes on; the next event tries again */ }
}

// The hidden fields inside an answer say which draft, and which version of it, the words now belong to.
function takeOver(from) {
  for (const name of ["update", "version"]) {
    const fresh = from.querySelector(`input[name="${name}"]`)
    if (!fresh) continue
    form.querySelector(`:scope > input[name="${name}"]`).value = fresh.value
    fresh.remove()
  }
}

async function keep() {
  if (sending) { again = true; return }
  sending = true
  try {
    const answer = await fetch(form.dataset.keep, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } })
    const said = document.createRange().createContextualFragment(await answer.text())
    takeOver(said)
    if (answer.status < 500 && !answer.redirected) {
      checked.replaceChildren(said)
      paused = answer.status === 409
      if (answer.ok) document.querySelector(".write > .stale")?.remove()
    }
    refreshTimes(checked)
  } catch { checked.replaceChildren(Object.assign(document.createElement("p"), { className: "note amber", textContent: "No connection. Your words are still here and are kept when it is back." })) }
  sending = false
  if (again) { again = false; later() }
}

function later() {
  clearTimeout(waiting)
  if (!paused) waiting = setTimeout(keep, KEEP_AFTER)
}

if (form) {
  form.addEventListener("input", event => {
    if (event.target.matches("[name=mine], [name=answer]")) return
    touched = true
    later()
  })
  form.addEventListener("submit", () => clearTimeout(waiting))
  form.querySelector("[name=next_at]").addEventListener("input", () => { form.querySelector("[name=next][value=at]").checked = true })
  addEventListener("beforeunload", event => { if (touched && sending) event.preventDefault() })
}

// Mine instead of theirs: said on purpose, after both were shown.
addEventListener("change", event => {
  if (!event.target.matches("[name=mine]") || !event.target.checked) return
  paused = false
  later()
})

// Counting what many say takes a moment, so it is asked for only when somebody wants it.
addEventListener("click", async event => {
  const link = event.target.closest("[data-into]")
  if (!link) return
  event.preventDefault()
  link.setAttribute("aria-busy", "true")
  const answer = await fetch(link.href).catch(() => null)
  if (answer?.ok) {
    document.getElementById(link.dataset.into).replaceChildren(document.createRange().createContextualFragment(await answer.text()))
    link.parentElement.remove()
  } else link.removeAttribute("aria-busy")
})

addEventListener("keydown", event => {
  if (form && event.key === "Enter" && (event.metaKey || event.ctrlKey) && form.contains(event.target)) {
    event.preventDefault()
    form.requestSubmit(form.querySelector(".btn.primary"))
  }
  if (event.metaKey || event.ctrlKey || event.altKey || document.documentElement.dataset.singleKeys === "off") return
  if (event.key !== "u" || !form || event.target.closest("input, textarea, select, [contenteditable]")) return
  event.preventDefault()
  form.scrollIntoView({ block: "start" })
  form.querySelector("textarea")?.focus({ preventScroll: true })
})

if (form && location.hash === "#update") form.querySelector("textarea")?.focus()

const stream = new EventSource((page || list).dataset.stream)
const busy = () => touched || [...document.querySelectorAll("#incidents ~ * :focus")].length
let soon = null
function look() {
  clearTimeout(soon)
  soon = setTimeout(() => {
    refresh(document.getElementById("owed"))
    refresh(document.getElementById("asking"))
    refresh(document.getElementById("handed"))
    if (list && !busy()) location.reload()
  }, 400)
}
stream.addEventListener("incident", event => {
  const said = JSON.parse(event.data || "{}")
  if (!page || !said.incident || said.incident === page.dataset.incident) look()
})
stream.addEventListener("promise", () => { fetchBand(); look() })
stream.addEventListener("posture", fetchBand)
stream.addEventListener("approval", fetchSigns)
stream.addEventListener("resync", () => { fetchBand(); look() })
