// Everything that can be done, by name. Buttons, keys and the palette all come here.
import { choose, note, release, send, undo } from "./composer.js"
import { insert, startCanned } from "./canned.js"
import { closePane, openConversation, refreshCase, toEnd, toggleInfo } from "./conversation.js"
import { openDeclare } from "../declare.js"
import { openDialog } from "./dialogs.js"
import { Offline, ask, form, sentence } from "./http.js"
import { openList, refreshNav, rows, saveView, showFresh } from "./list.js"
import { openPalette } from "./palette.js"
import { composer, desk, list as listPane, openCase, pane } from "./screen.js"
import { announce, toast } from "./toast.js"

async function verb(method, url, body, done, back) {
  release()
  try {
    const result = await ask(method, url, body)
    if (!result.ok) return toast(sentence(result))
    if (done) toast(done, back ? { action: "Undo", run: back } : {})
    return result
  } catch (error) {
    if (!(error instanceof Offline)) throw error
    toast("Nobody answered. Nothing was changed; try again when the line is back.")
  }
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC" // "tomorrow at nine" is nine where the reader is

const onCase = run => () => {
  const main = openCase()
  return main ? run(main.dataset) : toast("Open a conversation first.")
}

const reopen = onCase(data => verb("DELETE", data.closure, undefined, `#${data.number} is open again`))
const take = onCase(data => verb("POST", data.assignment, form({ to: "me" }), `#${data.number} is with you`))
const goTo = path => () => openList(path)

async function next() {
  const here = new URLSearchParams(listPane.querySelector(".list-head")?.dataset.query ?? "")
  const result = await verb("POST", desk.dataset.next, form({ queue: here.get("queue") ?? "" }))
  const place = result?.headers.get("HX-Location")
  if (!place) return
  const { path } = place.startsWith("{") ? JSON.parse(place) : { path: place }
  await openConversation(path)
  refreshNav()
  composer()?.querySelector("textarea:not([disabled])")?.focus()
}

async function singleKeys() {
  const off = document.documentElement.dataset.singleKeys !== "off"
  if (off) document.documentElement.dataset.singleKeys = "off"
  else delete document.documentElement.dataset.singleKeys
  document.querySelectorAll('[data-do="single-keys"]').forEach(button => {
    button.textContent = `Switch single keys ${off ? "on" : "off"}`
    button.setAttribute("aria-pressed", String(off))
  })
  await ask("POST", desk.dataset.preferences, form({ single_keys: off ? 0 : 1 }))
}

function find() {
  const box = listPane.querySelector("#find")
  box.hidden = false
  listPane.querySelector('[data-do="find"]').setAttribute("aria-expanded", "true")
  box.querySelector("input").select()
}

export const actions = {
  next, take, reopen, find, send, undo,
  palette: openPalette,
  reply: () => choose("reply"),
  note: () => choose("note"),
  canned: startCanned,
  attach: () => composer()?.querySelector('input[name="files"]').click(),
  close: onCase(data => verb("POST", data.closure, undefined, `#${data.number} is closed`, reopen)),
  "close-or-reopen": onCase(data => (data.state === "closed" ? reopen() : actions.close())),
  snooze: onCase(data => openDialog(`${data.snooze}?tz=${encodeURIComponent(ZONE)}`)),
  wake: onCase(data => verb("DELETE", data.snooze, undefined, `#${data.number} is awake`)),
  transfer: onCase(data => openDialog(data.transfers)),
  merge: onCase(data => openDialog(data.merge)),
  "put-back": onCase(data => verb("POST", data.assignment, form({ to: "nobody" }), `#${data.number} is back in line`, take)),
  "hand-back": onCase(data => verb("POST", data.word, undefined, `The assistant goes on with #${data.number}`, take)),
  tag: () => {
    if (desk.dataset.info === "closed" || !matchMedia("(min-width: 1280px)").matches) toggleInfo()
    pane.querySelector("#tag-name")?.focus()
  },
  "copy-link": onCase(async data => {
    await navigator.clipboard.writeText(new URL(data.url, location.href).href)
    toast("The address is copied. Only people who may open this case can follow it.")
  }),
  info: toggleInfo,
  bottom: toEnd,
  fresh: showFresh,
  "single-keys": singleKeys,
  shortcuts: () => document.getElementById("shortcuts").showModal(),
  "leave-field": () => document.activeElement.blur(),
  back: () => {
    if (desk.dataset.info === "open") return toggleInfo()
    if (matchMedia("(max-width: 767px)").matches && desk.dataset.pane === "conversation") {
      closePane()
      history.pushState({ list: "" }, "", desk.dataset.home)
    }
    const row = rows().find(one => one.ariaCurrent) ?? rows()[0]
    row?.focus({ preventScroll: true })
  },
  "go-desk": goTo(desk.dataset.home),
  "go-mine": goTo(`${desk.dataset.home}?view=mine`),
  "go-snoozed": goTo(`${desk.dataset.home}?view=snoozed`),
  "go-all": goTo(`${desk.dataset.home}?view=all`),
  "go-closed": goTo(`${desk.dataset.home}?view=closed`),
  "go-bridge": () => location.assign("/bridge/"),
  "go-incidents": () => location.assign("/incidents/"),
  declare: openDeclare,
  "write-update": () => location.assign("/incidents/now/"),
  "go-help": () => location.assign("/help/"),
  "go-log": () => location.assign(document.querySelector('#nav a[href*="reveals"]').href),
}

export function choosePalette({ url, action, text }) {
  if (action === "canned" || action === "insert") return insert(text)
  if (action && actions[action]) return actions[action]()
  if (url.includes("/desk/c/")) return openConversation(url)
  const path = new URL(url, location.href).pathname
  if (path === desk.dataset.home || path === desk.dataset.search) return openList(url)
  if (url) location.assign(url)
}

export async function remove(button) {
  await verb("DELETE", button.dataset.delete, undefined, "Done")
  refreshCase()
}

export async function keepView(target) {
  const result = await saveView(target)
  if (result.ok) {
    target.closest("details").open = false
    announce("The view is kept.")
  } else note(sentence(result))
}
