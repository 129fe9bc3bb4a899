// One way to ask the server. Never throws for a status; throws `Offline` when nobody answered.
export class Offline extends Error {}

const token = () => document.querySelector('meta[name="csrf"]').content

export async function ask(method, url, body, options = {}) {
  let response
  try {
    response = await fetch(url, {
      method,
      body,
      headers: { "HX-Request": "true", ...(method === "GET" ? {} : { "X-CSRFToken": token() }) },
      credentials: "same-origin",
      ...options,
    })
  } catch {
    throw new Offline()
  }
  if (response.status === 401 || response.headers.has("HX-Redirect")) {
    location.assign(response.headers.get("HX-Redirect") ?? location.href)
    return { ok: false, status: 401, text: "", headers: response.headers }
  }
  const text = response.status === 204 ? "" : await response.text()
  const trigger = response.headers.get("HX-Trigger")
  if (trigger) announce(trigger)
  return { ok: response.ok, status: response.status, text, headers: response.headers }
}

function announce(trigger) {
  let events
  try { events = JSON.parse(trigger) } catch { events = { [trigger]: {} } }
  for (const [name, detail] of Object.entries(events)) document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }))
}

export const get = url => ask("GET", url)

export function form(fields) {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  return data
}

export function fragment(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

// The one sentence of a refusal, whatever template it came in.
export function sentence(result) {
  const said = fragment(result.text).querySelector(".problem, [role=alert]")
  return said?.textContent.trim() || "That did not happen. Nothing was changed. Try again in a minute."
}
