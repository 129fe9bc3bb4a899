// The band follows the posture on every open page.
export async function fetchBand() {
  const band = document.querySelector(".band[data-band]")
  if (!band) return
  try {
    const answer = await fetch(band.dataset.band, { headers: { "HX-Request": "true" } })
    if (answer.redirected) { // no longer signed in: what is on the page goes, but for words that somebody away has typed
      if (dispatchEvent(new CustomEvent("holdfast:signed-out", { cancelable: true }))) location.reload()
      return
    }
    if (!answer.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".band")
    if (fresh) band.replaceWith(fresh)
  } catch { /* offline: the page says so itself */ }
}

// What waits for whoever signs, in the navigation.
export async function fetchSigns() {
  const signs = document.querySelector("[data-signs]")
  if (!signs) return
  try {
    const answer = await fetch(signs.dataset.signs, { headers: { "HX-Request": "true" } })
    if (!answer.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-signs]")
    if (fresh) signs.replaceWith(fresh)
  } catch { /* the next page has it */ }
}

export function follow(stream) {
  for (const told of ["posture", "promise", "resync"]) stream.addEventListener(told, fetchBand)
  stream.addEventListener("approval", fetchSigns)
}
