// What the assistant suggests to an agent: taken into the reply as words to edit, never sent from here.
import { area, choose, keepDraft } from "./composer.js"
import { whenLeaving } from "./conversation.js"
import { Offline, ask } from "./http.js"
import { composer, pane } from "./screen.js"
import { announce } from "./toast.js"

const taken = new Map() // number of a suggestion -> its words, until the reply they are in has left

function take(button) {
  if (!composer()) return
  choose("reply")
  const text = area(), before = text.value.trimEnd()
  const instead = "instead" in button.dataset || !before
  text.value = instead ? button.dataset.suggest : `${before}\n\n${button.dataset.suggest}`
  if (button.dataset.counted) taken.set(button.dataset.counted, button.dataset.suggest)
  text.setSelectionRange(text.value.length, text.value.length)
  keepDraft(text)
  const block = button.closest(".suggested")
  if (block) {
    block.querySelector("details").open = false
    block.classList.add("used")
    block.querySelector(".taken").textContent = "In your reply"
    button.hidden = true
  }
  announce("It is in your reply. Read it, change it, then send it.")
}

pane.addEventListener("click", event => {
  const button = event.target.closest("[data-suggest]")
  if (button) take(button)
  const step = event.target.closest("[data-counted][hx-get]")
  if (step) tell(pane.querySelector("#copilot").dataset.outcome, [`${step.dataset.counted}:0`])
})

addEventListener("keydown", event => {
  if (!event.altKey || event.key !== "Enter" || event.metaKey || event.ctrlKey || document.querySelector("dialog[open]")) return
  const button = pane.querySelector(".suggested [data-suggest]:not([hidden])")
  if (!button) return
  event.preventDefault()
  take(button)
})

// A model's words come later. They are too late for a suggestion that is being read or is taken already.
pane.addEventListener("htmx:beforeSwap", event => {
  const { target } = event.detail
  if (target.id === "suggested" && (target.matches(".used") || target.querySelector("details[open]"))) event.detail.shouldSwap = false
})

/* What became of it: numbers only. The words stay here. */

const LONGEST = 3000 // characters of each that are compared

async function tell(url, sent) {
  const data = new FormData()
  for (const one of sent) data.append("sent", one)
  try {
    await ask("POST", url, data, { keepalive: true })
  } catch (error) {
    if (!(error instanceof Offline)) throw error // a count is not worth a second try
  }
}

// Levenshtein's distance as a share of the longer text.
export function changedShare(first, second) {
  const from = [...first.trim()].slice(0, LONGEST), to = [...second.trim()].slice(0, LONGEST)
  if (!from.length && !to.length) return 0
  let above = Uint16Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row++) {
    const here = new Uint16Array(to.length + 1)
    here[0] = row
    for (let at = 1; at <= to.length; at++) {
      const same = from[row - 1] === to[at - 1] ? 0 : 1
      here[at] = Math.min(above[at] + 1, here[at - 1] + 1, above[at - 1] + same)
    }
    above = here
  }
  return above[to.length] / Math.max(from.length, to.length)
}

pane.addEventListener("holdfast:sending", ({ detail: letter }) => {
  const shown = [...pane.querySelectorAll("#copilot [data-suggest][data-counted]")].map(button => button.dataset.counted)
  letter.outcome = pane.querySelector("#copilot")?.dataset.outcome
  letter.suggested = new Map([...shown.map(number => [number, null]), ...taken])
})

pane.addEventListener("holdfast:sent", ({ detail: letter }) => {
  if (!letter.outcome || !letter.suggested.size) return
  const sent = [...letter.suggested].map(([number, words]) => `${number}:${words === null ? "" : changedShare(words, letter.text).toFixed(4)}`)
  for (const number of letter.suggested.keys()) taken.delete(number)
  tell(letter.outcome, sent)
})

whenLeaving(() => taken.clear())
