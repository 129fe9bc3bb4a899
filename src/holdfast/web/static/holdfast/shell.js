// What every signed-in page needs: times, key caps of this keyboard, menus that close.
import { openDeclare } from "./declare.js"
import { follow } from "./posture.js"
import "./time.js"

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform)

export function nameKeys(within = document) {
  if (!isMac) return
  for (const cap of within.querySelectorAll("kbd[data-mod]")) cap.textContent = "⌘"
  for (const cap of within.querySelectorAll("kbd[data-shift]")) cap.textContent = "⇧"
}
nameKeys()

// The desk and the bridge listen to more, on a stream of their own.
const follows = document.querySelector("[data-follows]")?.dataset.follows
if (follows) follow(new EventSource(follows))

// Two keys go places, from every page; on the desk `desk/keys.js` has them among its own.
const PLACES = { d: "/desk/", b: "/bridge/", i: "/incidents/", h: "/help/", l: "/desk/reveals/" }
let g = 0
if (!document.getElementById("desk")) addEventListener("keydown", event => {
  if (event.metaKey || event.ctrlKey || event.altKey || document.documentElement.dataset.singleKeys === "off") return
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return
  const place = PLACES[event.key]
  if (place && Date.now() - g < 1500) location.assign(place)
  // The page of an incident has the words themselves and goes to them.
  else if (event.key === "u" && !document.getElementById("incident")) location.assign("/incidents/now/")
  else if (event.key === "I") openDeclare()
  g = event.key === "g" ? Date.now() : 0
})

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
