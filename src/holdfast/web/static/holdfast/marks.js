// While a value is open the whole page carries the marks that came with it, and the server hears that it does.
// `root` is where values open; `tell(address, fields)` posts, and may fail: then it is heard later.
const EVERY = 10_000

export function keepMarks(root, tell) {
  const opened = () => [...root.querySelectorAll(".open-seal[data-overlay]:not([data-closing])")]
  const beat = card => tell(card.dataset.overlay, measures(root, card)).catch(() => {})

  // Each open value brings a layer; one over the page is enough, and two would make the pattern twice as strong.
  function keep() {
    const cards = opened(), last = cards.at(-1)
    for (const layer of root.querySelectorAll(".marks")) {
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

  new MutationObserver(keep).observe(root, { childList: true, subtree: true, attributeFilter: ["data-closing"] })
  setInterval(() => opened().forEach(beat), EVERY)
}

function measures(root, card) {
  const { clientWidth: width, clientHeight: height } = document.documentElement, box = card.getBoundingClientRect()
  const whole = { width, height, left: box.left, top: box.top, card_width: box.width, card_height: box.height }
  const rounded = Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, Math.round(value)]))
  return { fault: fault(root, width, height), ...rounded }
}

function fault(root, width, height) {
  const layer = root.querySelector(".marks:popover-open")
  if (!layer) return "gone"
  const box = layer.getBoundingClientRect()
  if (box.left > 0 || box.top > 0 || box.right < width - 1 || box.bottom < height - 1) return "small"
  const drawn = [...layer.querySelectorAll("rect")]
  const seen = { opacityProperty: true, visibilityProperty: true }
  if (drawn.length < 2 || ![layer, ...drawn].every(node => node.checkVisibility(seen))) return "hidden"
  return layer.querySelector("image")?.getAttribute("href") ? "" : "empty"
}
