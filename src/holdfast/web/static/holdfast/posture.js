// The band follows the posture on every open page.
export async function fetchBand() {
  const band = document.querySelector(".band[data-band]")
  if (!band) return
  try {
    const answer = await fetch(band.dataset.band, { headers: { "HX-Request": "true" } })
    if (!answer.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".band")
    if (fresh) band.replaceWith(fresh)
  } catch { /* offline: the page says so itself */ }
}

export function follow(stream) {
  for (const told of ["posture", "promise"]) stream.addEventListener(told, fetchBand)
}
