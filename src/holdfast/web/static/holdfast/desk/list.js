// The list: moving through it, rows that update in place, new rows that wait behind a count.
import { ask, fragment, get } from "./http.js"
import { desk, list, openCase, settle } from "./screen.js"

let waiting = null // the freshly fetched list, shown when the reader asks for it
let looking = null

export const rows = () => [...list.querySelectorAll("a.row")]

export function markCurrent() {
  const number = openCase()?.dataset.number
  for (const row of rows()) {
    if (row.parentElement.dataset.number === number) row.setAttribute("aria-current", "true")
    else row.removeAttribute("aria-current")
  }
}

export function move(step) {
  const all = rows().filter(row => !row.parentElement.classList.contains("gone"))
  if (!all.length) return
  const from = all.includes(document.activeElement) ? all.indexOf(document.activeElement) : all.findIndex(row => row.ariaCurrent)
  const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, from + step))
  all[to].focus({ preventScroll: true })
  all[to].scrollIntoView({ block: "nearest" })
  if (to > all.length - 4) list.querySelector(".more")?.click()
}

const itemOf = id => list.querySelector(`li[data-id="${CSS.escape(id)}"]`)

export async function refreshRow(id) {
  const item = itemOf(id)
  if (!item) return false
  const result = await get(item.dataset.row)
  if (result.status === 404) {
    item.classList.add("gone")
    item.querySelector("a").setAttribute("tabindex", "-1")
    sweepWhenLeft()
    return true
  }
  const fresh = fragment(result.text).querySelector("li")
  if (!result.ok || !fresh) return true
  const now = item.querySelector("a"), then = fresh.querySelector("a")
  if (now.innerHTML !== then.innerHTML || now.className !== then.className) {
    now.className = then.className
    now.replaceChildren(...then.childNodes)
    settle(item)
    item.dataset.changed = ""
    setTimeout(() => delete item.dataset.changed, 1300)
  }
  markCurrent()
  return true
}

// A row that went away keeps its place until the pointer and the focus have left the list.
function sweepWhenLeft() {
  const sweep = () => {
    if (list.matches(":hover") || list.contains(document.activeElement)) return
    list.querySelectorAll("li.gone").forEach(item => item.remove())
    list.removeEventListener("pointerleave", sweep)
    list.removeEventListener("focusout", later)
  }
  const later = () => setTimeout(sweep, 0)
  list.addEventListener("pointerleave", sweep)
  list.addEventListener("focusout", later)
  setTimeout(sweep, 1500)
}

// Something happened to a conversation that is not in the list: look once, soon, whether it now belongs here.
export function lookForNew() {
  looking ??= setTimeout(look, 1500)
}

async function look() {
  looking = null
  if (document.hidden || list.querySelector("[data-later]")) return
  const result = await get(listUrl())
  if (!result.ok) return
  const content = fragment(result.text)
  const here = new Set([...list.querySelectorAll("li[data-id]")].map(item => item.dataset.id))
  const fresh = [...content.querySelectorAll("li[data-id]")].filter(item => !here.has(item.dataset.id))
  patchHead(content)
  const button = list.querySelector(".fresh")
  if (!button) return
  waiting = fresh.length ? content : null
  button.hidden = !fresh.length
  button.querySelector("span").textContent = `${fresh.length} new`
  // With nothing to lose a place in, new rows may come in by themselves.
  if (fresh.length && !here.size) showFresh()
}

function patchHead(content) {
  const now = list.querySelector(".list-head p"), then = content.querySelector(".list-head p")
  if (now && then) {
    now.replaceChildren(...then.childNodes)
    settle(now)
  }
}

export function showFresh() {
  if (!waiting) return
  list.querySelector("#rows").replaceWith(waiting.querySelector("#rows"))
  waiting = null
  settle(list)
  markCurrent()
  rows()[0]?.focus({ preventScroll: true })
}

// A case that was asked for by its address comes first; its list follows.
export async function fetchLater() {
  const later = list.querySelector("[data-later]")
  if (!later) return
  const result = await get(later.dataset.later).catch(() => null)
  if (!later.isConnected) return // another list was chosen meanwhile
  if (!result?.ok) {
    later.removeAttribute("aria-busy")
    later.innerHTML = later.querySelector("noscript").textContent
    return
  }
  const content = fragment(result.text)
  patchHead(content)
  later.replaceWith(content.querySelector("#rows"))
  settle(list)
  markCurrent()
  showCurrent()
}

export function showCurrent() {
  list.querySelector('.row[aria-current="true"]')?.scrollIntoView({ block: "nearest" })
}

export function listUrl() {
  const query = list.querySelector(".list-head")?.dataset.query ?? ""
  return `${desk.dataset.list}${query ? `?${query}` : ""}`
}

// Show another list without leaving the open conversation.
export async function openList(url, { push = true } = {}) {
  const target = new URL(url, location.href)
  list.setAttribute("aria-busy", "true")
  const slow = setTimeout(skeleton, 150)
  const result = await get(`${desk.dataset.list}${target.search}`).finally(() => clearTimeout(slow))
  list.removeAttribute("aria-busy")
  if (!result.ok) {
    location.assign(url)
    return
  }
  waiting = null
  list.innerHTML = result.text
  list.setAttribute("aria-label", list.querySelector("h2")?.textContent ?? "Conversations")
  settle(list)
  markCurrent()
  for (const link of desk.querySelectorAll("#nav [data-list-link]")) {
    if (link.getAttribute("href") === target.pathname + target.search) link.setAttribute("aria-current", "true")
    else link.removeAttribute("aria-current")
  }
  desk.dataset.pane = "list"
  if (push) history.pushState({ list: target.search }, "", target)
}

function skeleton() {
  const shape = '<div class="sk"><i></i><i></i><i></i></div>'
  list.querySelector("#rows")?.replaceChildren(fragment(shape.repeat(7)))
}

// Counts of the left pane, patched number by number so that nothing jumps.
let counting = null
export function refreshNav() {
  counting ??= setTimeout(async () => {
    counting = null
    const result = await get(desk.dataset.nav)
    if (!result.ok) return
    const content = fragment(result.text), nav = document.getElementById("nav")
    const load = content.querySelector("[data-load]"), shown = document.querySelector(".me .t3")
    if (load && shown) shown.textContent = load.textContent
    const keys = node => [...node.querySelectorAll("[data-key]")].map(link => link.dataset.key).join()
    if (keys(content) !== keys(nav)) {
      const current = nav.querySelector("[aria-current]")?.dataset.key
      nav.replaceChildren(...content.childNodes)
      nav.querySelector(`[data-key="${current}"]`)?.setAttribute("aria-current", "true")
      return
    }
    for (const fresh of content.querySelectorAll("[data-key] .n")) {
      const now = nav.querySelector(`[data-key="${fresh.parentElement.dataset.key}"] .n`)
      if (!now || now.textContent === fresh.textContent) continue
      now.textContent = fresh.textContent
      now.dataset.changed = ""
      setTimeout(() => delete now.dataset.changed, 1300)
    }
  }, 800)
}

export async function saveView(form) {
  const query = list.querySelector(".list-head")?.dataset.query ?? ""
  const data = new FormData(form)
  for (const [name, value] of new URLSearchParams(query)) data.append(name, value)
  const result = await ask("POST", desk.dataset.views, data)
  if (result.ok) document.getElementById("nav").innerHTML = result.text
  return result
}
