// While a value is open the whole page carries the marks that came with it, and the server hears that it does.
import { ask, form } from "./http.js"
import { pane } from "./screen.js"

const EVERY = 10_000
const opened = () => [...pane.querySelectorAll(".open-seal[data-overlay]:not([data-closing])")]

// Each open value brings a layer; one over the page is enough, and two would make the pattern twice as strong.
function keep() {
  const cards = opened(), last = cards.at(-1)
  for (const layer of pane.querySelectorAll(".marks")) {
    const wanted = Boolean(last?.contains(layer))
    if (wanted && !layer.matches(":popover-open")) layer.showPopover?.()
    if (!wanted && layer.matches(":popover-open")) layer.hidePopover()
  }
  cards.filter(card => !card.dataset.heard).forEach(first)
}

async function first(card) {
  card.dataset.heard = "1"
  await Promise.allSettled(card.getAnimations().map(animation => animation.finished)) // it unfolds; then it stands
  if (card.isConnected) beat(card)
}

function beat(card) {
  const { clientWidth: width, clientHeight: height } = document.documentElement, box = card.getBoundingClientRect()
  const whole = { width, height, left: box.left, top: box.top, card_width: box.width, card_height: box.height }
  const measures = Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, Math.round(value)]))
  ask("POST", card.dataset.overlay, form({ fault: fault(width, height), ...measures })).catch(() => {}) // offline: heard later
}

function fault(width, height) {
  const layer = pane.querySelector(".marks:popover-open")
  if (!layer) return "gone"
  const box = layer.getBoundingClientRect()
  if (box.left > 0 || box.top > 0 || box.right < width - 1 || box.bottom < height - 1) return "small"
  const drawn = [...layer.querySelectorAll("rect")]
  const seen = { opacityProperty: true, visibilityProperty: true }
  if (drawn.length < 2 || ![layer, ...drawn].every(node => node.checkVisibility(seen))) return "hidden"
  return layer.querySelector("image")?.getAttribute("href") ? "" : "empty"
}

new MutationObserver(keep).observe(pane, { childList: true, subtree: true, attributeFilter: ["data-closing"] })
setInterval(() => opened().forEach(beat), EVERY)
