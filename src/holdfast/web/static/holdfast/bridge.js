// The bridge is live: each closed minute brings a new left side, each change of posture both sides. Blocks are
// exchanged one by one. Nothing moves under the pointer, and what somebody is filling in stays as it is.
import { fetchBand } from "./posture.js"
import { clockTime } from "./time.js"

const bridge = document.getElementById("bridge")
const deck = document.getElementById("deck"), owed = document.getElementById("owed")
const CONTROL = "a, button, summary, label, input, select, textarea"
const FORM = "details[data-form][open]"
const QUIET = 65_000 // a minute is closed every minute; without one, we look ourselves
const late = new Set() // sides that wait until the pointer leaves what it is about to press
let lost = null

const pressing = part => part.querySelector(`:is(${CONTROL}):hover`)

async function refresh(part) {
  if (pressing(part)) return late.add(part)
  try {
    const answer = await fetch(part.dataset.part)
    if (!answer.ok) return stale()
    const fresh = document.createRange().createContextualFragment(await answer.text())
    if (pressing(part)) return late.add(part)
    late.delete(part)
    exchange(part, fresh)
    current()
  } catch { stale() }
}

const names = of => [...of.querySelectorAll("[data-block]")].map(block => block.dataset.block).join()

function exchange(part, fresh) {
  if (names(part) !== names(fresh)) return part.querySelector(FORM) ? late.add(part) : part.replaceChildren(fresh)
  for (const block of [...fresh.querySelectorAll("[data-block]")]) {
    const old = part.querySelector(`[data-block="${block.dataset.block}"]`)
    if (old.querySelector(FORM)) late.add(part)
    else keepPlace(old, block)
  }
}

// What is open stays open, what is scrolled stays where it is, and the focus stays on the control that has it.
function keepPlace(old, block) {
  for (const open of old.querySelectorAll("details[open]")) block.querySelector(`details.${open.classList[0]}`)?.setAttribute("open", "")
  const scrolled = [...old.querySelectorAll("[tabindex]")].map(each => [each.scrollLeft, each.scrollTop])
  const focused = [...old.querySelectorAll(`${CONTROL}, [tabindex]`)].indexOf(document.activeElement)
  old.replaceWith(block)
  block.querySelectorAll("[tabindex]").forEach((each, n) => { if (scrolled[n]) [each.scrollLeft, each.scrollTop] = scrolled[n] })
  if (focused >= 0) block.querySelectorAll(`${CONTROL}, [tabindex]`)[focused]?.focus({ preventScroll: true })
}

function both() {
  refresh(deck)
  refresh(owed)
}

function stale() {
  lost ??= new Date()
  const note = document.getElementById("stale")
  note.hidden = false
  note.querySelector("span").textContent = `No answer since ${clockTime(lost)}. Counts, waits and clocks are as of then; we keep trying.`
}

function current() {
  lost = null
  document.getElementById("stale").hidden = true
}

let waiting = null
function lookLater() {
  clearTimeout(waiting)
  waiting = setTimeout(() => { refresh(deck); lookLater() }, QUIET)
}

const stream = new EventSource(bridge.dataset.stream)
let before = false
stream.addEventListener("ready", () => {
  if (before) { fetchBand(); both() }
  before = true
})
stream.addEventListener("minute", () => { refresh(deck); lookLater() })
stream.addEventListener("posture", () => { fetchBand(); both() })
for (const told of ["incident", "promise"]) stream.addEventListener(told, () => { fetchBand(); both() })
stream.addEventListener("resync", () => { fetchBand(); both() })
stream.addEventListener("error", () => {
  if (stream.readyState === EventSource.CLOSED) stale()
})
lookLater()

function catchUp() {
  for (const part of [...late]) if (!pressing(part) && !part.querySelector(FORM)) refresh(part)
}
addEventListener("pointerout", catchUp)
addEventListener("toggle", catchUp, true)

addEventListener("keydown", event => {
  const open = document.querySelector(FORM)
  if (event.key !== "Escape" || !open) return
  open.open = false
  open.querySelector("summary").focus()
})
