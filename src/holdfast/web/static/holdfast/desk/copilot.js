// What the assistant suggests to an agent: taken into the reply as words to edit, never sent from here.
import { area, choose, keepDraft } from "./composer.js"
import { composer, pane } from "./screen.js"
import { announce } from "./toast.js"

function take(button) {
  if (!composer()) return
  choose("reply")
  const text = area(), before = text.value.trimEnd()
  const instead = "instead" in button.dataset || !before
  text.value = instead ? button.dataset.suggest : `${before}\n\n${button.dataset.suggest}`
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
