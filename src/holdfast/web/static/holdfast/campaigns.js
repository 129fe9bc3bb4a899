// How far a campaign is, live; who was not reached, every quarter of a minute. What somebody is about to press or has
// opened stays as it is until they leave it.
const parts = [document.getElementById("campaign"), document.getElementById("ended")]
const BUSY = "details.stop[open], button:hover, summary:hover, button:focus-visible"
const late = new Set(), looked = new Map(), waiting = new Map()

async function refresh(part) {
  if (part.querySelector(BUSY)) return void late.add(part)
  const rest = Number(part.dataset.every) * 1000 - (Date.now() - (looked.get(part) ?? 0))
  if (rest > 0) {
    if (!waiting.has(part)) waiting.set(part, setTimeout(() => { waiting.delete(part); refresh(part) }, rest))
    return
  }
  looked.set(part, Date.now())
  try {
    const answer = await fetch(part.dataset.part, { headers: { "HX-Request": "true" } })
    if (!answer.ok) return
    const fresh = document.createRange().createContextualFragment(await answer.text())
    if (part.querySelector(BUSY)) return void late.add(part)
    if (part.querySelector("details.said-text[open]")) fresh.querySelector("details.said-text")?.setAttribute("open", "")
    part.replaceChildren(fresh)
    late.delete(part)
  } catch { /* offline: the stream comes back and tells again */ }
}

const all = () => parts.forEach(refresh)
const stream = new EventSource(parts[0].dataset.stream)
stream.addEventListener("campaign", event => {
  if (JSON.parse(event.data).campaign === parts[0].dataset.campaign) all()
})
stream.addEventListener("resync", all)
for (const part of parts) for (const left of ["pointerout", "focusout", "toggle"]) {
  part.addEventListener(left, () => late.has(part) && setTimeout(() => refresh(part), 50), true)
}
