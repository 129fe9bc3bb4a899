// How far a campaign is, live. What somebody is about to press or has opened stays as it is until they leave it.
const part = document.getElementById("campaign")
const BUSY = "details.stop[open], button:hover, summary:hover, button:focus-visible"
let late = false

async function refresh() {
  if (part.querySelector(BUSY)) return void (late = true)
  try {
    const answer = await fetch(part.dataset.part, { headers: { "HX-Request": "true" } })
    if (!answer.ok) return
    const fresh = document.createRange().createContextualFragment(await answer.text())
    if (part.querySelector(BUSY)) return void (late = true)
    for (const open of part.querySelectorAll("details.said-text[open]")) fresh.querySelector("details.said-text")?.setAttribute("open", "")
    part.replaceChildren(fresh)
    late = false
  } catch { /* offline: the stream comes back and tells again */ }
}

const stream = new EventSource(part.dataset.stream)
stream.addEventListener("campaign", event => {
  if (JSON.parse(event.data).campaign === part.dataset.campaign) refresh()
})
stream.addEventListener("resync", refresh)
for (const left of ["pointerout", "focusout", "toggle"]) part.addEventListener(left, () => late && setTimeout(refresh, 50), true)
