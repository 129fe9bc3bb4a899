// What every signed-in page needs: times, key caps of this keyboard, menus that close.
import "./time.js"

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform)

export function nameKeys(within = document) {
  if (!isMac) return
  for (const cap of within.querySelectorAll("kbd[data-mod]")) cap.textContent = "⌘"
  for (const cap of within.querySelectorAll("kbd[data-shift]")) cap.textContent = "⇧"
}
nameKeys()

addEventListener("click", event => {
  for (const open of document.querySelectorAll("details.pop[open]")) {
    const inside = open.contains(event.target)
    if (!inside || event.target.closest(".menu a, .menu > button")) open.open = false
  }
})

addEventListener("keydown", event => {
  if (event.key !== "Escape") return
  const open = document.querySelector("details.pop[open]")
  if (!open) return
  open.open = false
  open.querySelector("summary").focus()
  event.stopImmediatePropagation()
}, true)
