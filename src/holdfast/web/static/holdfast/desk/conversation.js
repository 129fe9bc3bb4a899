// The open conversation: opening it, what comes in while it is open, and keeping the reader's place.
import { nameKeys } from "../shell.js"
import { fragment, get } from "./http.js"
import { markCurrent } from "./list.js"
import { composer, desk, openCase, pane, refreshPart, settle, show } from "./screen.js"
import { announce, toast } from "./toast.js"

const leaving = []
export const whenLeaving = run => leaving.push(run)
const arriving = []
export const whenOpened = run => arriving.push(run)

export async function openConversation(url, { push = true, focus = true } = {}) {
  leaving.forEach(run => run({ gone: false }))
  pane.setAttribute("aria-busy", "true")
  const result = await get(url).finally(() => pane.removeAttribute("aria-busy"))
  if (!result.ok) {
    toast(result.status === 404 ? "That case is not open to you, or was merged." : "The case did not open. Try again.")
    return
  }
  pane.innerHTML = result.text
  settle(pane)
  show("conversation")
  const main = openCase()
  document.title = main.dataset.title
  if (push) history.pushState({ case: url }, "", url)
  markCurrent()
  if (focus) main.focus({ preventScroll: true })
  announce(pane.querySelector("#case-title")?.textContent ?? "")
  arriving.forEach(run => run())
}

// The list again, on a phone; `gone`: the reader may no longer see the case, so nothing of it stays anywhere.
export function closePane({ gone = false } = {}) {
  leaving.forEach(run => run({ gone }))
  if (gone) {
    pane.replaceChildren(document.getElementById("nothing").content.cloneNode(true))
    nameKeys(pane)
    history.replaceState({ list: "" }, "", desk.dataset.home)
    markCurrent()
  }
  show("list")
  document.title = "Desk · Holdfast"
}

// Scrolled to the newest? The thread lays out from its end, so the distance is how far scrollTop is below zero.
const atEnd = thread => Math.abs(thread.scrollTop) < 80

let catching = null
export function catchUp() {
  catching = (catching ?? Promise.resolve()).then(fetchNew, fetchNew)
  return catching
}

async function fetchNew() {
  const main = openCase()
  if (!main) return
  const after = main.dataset.last ? `?after=${encodeURIComponent(main.dataset.last)}` : ""
  const result = await get(main.dataset.messages + after)
  if (result.ok && openCase() === main) append(result.text)
}

export function append(html) {
  const main = openCase(), thread = main.querySelector(".thread"), messages = main.querySelector("#messages")
  const content = fragment(html)
  const last = content.querySelector("template[data-last]")
  const known = new Set([...messages.children].map(item => item.id).filter(Boolean))
  const fresh = [...content.children].filter(item => item.matches("li"))
    .filter(item => (item.matches(".day") ? !sameDay(messages, item) : !known.has(item.id)))
  const stay = atEnd(thread), before = thread.scrollHeight
  for (const item of fresh) {
    if (!item.matches(".day, .sys")) item.classList.add("fresh-msg")
    const pending = messages.querySelector("li.pending")
    if (pending) pending.before(item)
    else messages.append(item)
    settle(item)
  }
  if (last?.dataset.last) main.dataset.last = last.dataset.last
  const count = fresh.filter(item => item.matches(".msg:not(.mine)")).length
  if (stay) thread.scrollTop = 0
  else {
    thread.scrollTop -= thread.scrollHeight - before
    if (count) newBelow(count)
  }
  if (fresh.some(item => item.matches(".msg"))) pane.dispatchEvent(new CustomEvent("holdfast:said"))
  return fresh
}

function sameDay(messages, day) {
  const days = messages.querySelectorAll("li.day")
  return days.length > 0 && days[days.length - 1].dataset.day === day.dataset.day
}

function newBelow(count) {
  const button = openCase().querySelector('[data-do="bottom"]')
  const sum = button.hidden ? count : count + Number(button.dataset.count ?? 0)
  button.dataset.count = sum
  button.hidden = false
  button.querySelector("span").textContent = sum === 1 ? "1 new message" : `${sum} new messages`
}

export function toEnd() {
  const thread = openCase()?.querySelector(".thread")
  if (!thread) return
  thread.scrollTo({ top: 0, behavior: "smooth" })
  openCase().querySelector('[data-do="bottom"]').hidden = true
}

pane.addEventListener("scroll", event => {
  if (event.target.id === "thread" && atEnd(event.target)) openCase().querySelector('[data-do="bottom"]').hidden = true
}, true)

export async function loadEarlier(button) {
  const thread = openCase().querySelector(".thread"), messages = openCase().querySelector("#messages")
  button.setAttribute("aria-busy", "true")
  const result = await get(button.dataset.earlier)
  button.removeAttribute("aria-busy")
  if (!result.ok) return
  const content = fragment(result.text), end = content.querySelector("template")
  const place = thread.scrollTop
  const older = [...content.children].filter(item => item.matches("li"))
  const firstDay = messages.querySelector("li.day"), lastDay = older.filter(item => item.matches(".day")).pop()
  if (firstDay && lastDay && firstDay.dataset.day === lastDay.dataset.day) firstDay.remove()
  messages.prepend(...older)
  settle(messages)
  thread.scrollTop = place
  if (end?.dataset.earlier) button.dataset.earlier = end.dataset.earlier
  else button.parentElement.remove()
}

// How one reply left, as it is now; without an id that of all on the screen that had not left yet.
export async function refreshDelivery(id) {
  const main = openCase()
  const shown = id ? [document.querySelector(`#m-${CSS.escape(id)} [data-delivery]`)] : main?.querySelectorAll("[data-open]") ?? []
  for (const line of [...shown].filter(Boolean)) {
    const result = await get(line.dataset.delivery)
    if (!result.ok || openCase() !== main || !line.isConnected) continue
    const fresh = fragment(result.text).firstElementChild
    line.replaceWith(fresh)
    settle(fresh)
  }
}

// Head, notices, rail and composer afresh; the thread and what is being written stay.
let refreshing = null
export function refreshCase() {
  refreshing ??= setTimeout(async () => {
    refreshing = null
    const main = openCase()
    if (!main) return
    const result = await get(main.dataset.url)
    if (!result.ok || openCase() !== main) {
      if (result.status === 404 && openCase() === main) closePane({ gone: true })
      return
    }
    const content = fragment(result.text), fresh = content.querySelector(".conv")
    for (const name of ["version", "state", "title"]) main.dataset[name] = fresh.dataset[name]
    for (const name of ["head", "notices", "rail"]) refreshPart(name, content)
    refreshDock(content)
    const version = composer()?.elements.version
    if (version) version.value = main.dataset.version
  }, 150)
}

function refreshDock(content) {
  const dock = openCase().querySelector("#dock"), then = content.querySelector("#dock")
  const could = dock.querySelector("form.composer") !== null, can = then.querySelector("form.composer") !== null
  const words = dock.querySelector(".blocked p")?.textContent, now = then.querySelector(".blocked p")?.textContent
  if (could === can && words === now) return refreshCopilot(dock.querySelector("#copilot"), then.querySelector("#copilot"))
  const text = [...dock.querySelectorAll("textarea")].some(area => area.value.trim())
  if (could && !can && text) return // words being written are not taken away; sending will say what changed
  dock.replaceChildren(...then.childNodes)
  settle(dock)
  arriving.forEach(run => run())
}

// What is suggested changes with whose case it is.
function refreshCopilot(here, there) {
  if (here?.dataset.mine === there?.dataset.mine) return
  if (!there) return here.remove()
  if (here) here.replaceWith(there)
  else composer()?.before(there)
  settle(there)
}

export function toggleInfo() {
  const wide = matchMedia("(min-width: 1280px)").matches
  const shown = wide ? desk.dataset.info !== "closed" : desk.dataset.info === "open"
  if (shown) desk.dataset.info = "closed"
  else if (wide) delete desk.dataset.info
  else desk.dataset.info = "open"
  if (!shown && !wide) pane.querySelector(".info-close")?.focus({ preventScroll: true })
}
