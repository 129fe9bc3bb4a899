// The bridge is live: each closed minute brings a new deck, each change of posture both sides. What somebody is
// filling in stays as it is.
import { fetchBand } from "./posture.js"

const bridge = document.getElementById("bridge")

function busy(part) {
  return part.querySelector("details.change[open], input:focus, select:focus")
}

async function refresh(part) {
  if (busy(part)) return
  try {
    const answer = await fetch(part.dataset.part)
    if (!answer.ok) return
    const open = [...part.querySelectorAll("details[open]")].map(each => each.className)
    const top = part.closest(".deck")?.scrollTop
    const fresh = await answer.text()
    if (busy(part)) return // it was opened meanwhile
    part.innerHTML = fresh
    for (const name of open) part.querySelector(`details.${name.split(" ")[0]}`)?.setAttribute("open", "")
    if (top) part.closest(".deck").scrollTop = top
  } catch { /* the old data stays, with its time */ }
}

function both() {
  refresh(document.getElementById("deck"))
  refresh(document.getElementById("owed"))
}

const stream = new EventSource(bridge.dataset.stream)
stream.addEventListener("minute", () => refresh(document.getElementById("deck")))
stream.addEventListener("posture", () => { fetchBand(); both() })
stream.addEventListener("resync", both)

addEventListener("keydown", event => {
  if (event.key === "Escape") document.querySelector("details.change[open]")?.removeAttribute("open")
})
