// The shared pieces of the screen and how parts of it are refreshed. No module keeps a copy of what the page shows.
import { nameKeys } from "../shell.js"
import { refreshTimes } from "../time.js"

export const desk = document.getElementById("desk")
export const pane = document.getElementById("conversation")
export const list = document.getElementById("list")
export const openCase = () => pane.querySelector(".conv")
export const composer = () => pane.querySelector("form.composer")

export function settle(node) {
  if (window.htmx) window.htmx.process(node)
  refreshTimes(node)
  nameKeys(node)
}

export function show(which) {
  desk.dataset.pane = which
}

// Replace the inside of a part unless the reader is in the middle of using it.
export function refreshPart(name, content) {
  const here = pane.querySelector(`[data-part="${name}"]`), there = content.querySelector(`[data-part="${name}"]`)
  if (!here || !there || here.innerHTML === there.innerHTML) return
  if (here.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return
  if (here.querySelector(".open-seal, details[open]")) return
  const label = here.contains(document.activeElement) ? document.activeElement.getAttribute("data-do") : null
  here.replaceChildren(...there.childNodes)
  settle(here)
  if (label) here.querySelector(`[data-do="${label}"]`)?.focus()
}

export function icon(name, size = "s") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", `i ${size}`)
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `${document.documentElement.dataset.icons}#i-${name}`)
  svg.append(use)
  return svg
}
