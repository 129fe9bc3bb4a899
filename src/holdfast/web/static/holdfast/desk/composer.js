// Writing: reply or note, drafts kept on the server, files, and a send that can be taken back for five seconds.
import { clockTime } from "../time.js"
import { append, whenLeaving, whenOpened } from "./conversation.js"
import { Offline, ask, form, fragment, sentence } from "./http.js"
import { composer, icon, openCase, pane, settle } from "./screen.js"
import { announce, dismiss, toast } from "./toast.js"

const HOLD_SECONDS = 5
const RETRY_MS = 8000

export const area = () => composer()?.querySelector("textarea:not([disabled])")

export function choose(kind, { focus = true } = {}) {
  const box = composer()
  if (!box) return
  box.dataset.kind = kind
  if (kind === "note") pane.querySelector("#hints")?.replaceChildren()
  box.elements.kind.value = kind
  for (const text of box.querySelectorAll("textarea")) {
    const on = text.dataset.draft === kind
    text.disabled = !on
    text.hidden = !on
  }
  for (const tab of box.querySelectorAll(".seg button")) tab.setAttribute("aria-pressed", String(tab.dataset.do === kind))
  const to = box.querySelector("[data-to]")
  to.textContent = kind === "note" ? "only colleagues see this" : to.dataset.to
  box.querySelector("[data-label]").textContent = kind === "note" ? "Keep note" : "Send"
  if (focus) area().focus()
}

/* Drafts */

const drafts = new Map() // url and kind -> timer
export function keepDraft(text = area()) {
  if (!text) return
  const url = openCase().dataset.draft, kind = text.dataset.draft, key = `${kind} ${url}`
  clearTimeout(drafts.get(key)?.timer)
  const save = () => {
    drafts.delete(key)
    return saveDraft(url, kind, text.value)
  }
  drafts.set(key, { timer: setTimeout(save, 800), save })
}

async function saveDraft(url, kind, text) {
  const said = composer()?.querySelector("[data-saved]")
  try {
    const result = await ask("POST", url, form({ kind, text }), { keepalive: true })
    if (said) said.textContent = result.ok ? (text.trim() ? `Draft saved ${clockTime(new Date())}` : "") : "Draft not saved"
  } catch (error) {
    if (!(error instanceof Offline)) throw error
    if (said) said.textContent = "Draft kept here, not yet on the server"
    const key = `${kind} ${url}`
    if (!drafts.has(key)) drafts.set(key, { timer: setTimeout(() => { drafts.delete(key); saveDraft(url, kind, text) }, RETRY_MS), save: () => saveDraft(url, kind, text) })
  }
}

export function flushDrafts() {
  for (const { timer, save } of [...drafts.values()]) {
    clearTimeout(timer)
    save()
  }
}

function forgetDraft(url, kind) {
  const key = `${kind} ${url}`
  clearTimeout(drafts.get(key)?.timer)
  drafts.delete(key)
}

/* Files */

let files = []
export function addFiles(more) {
  files.push(...more)
  drawFiles()
}

function drawFiles() {
  const shown = composer()?.querySelector("[data-files]")
  if (!shown) return
  shown.replaceChildren(...files.map(file => {
    const item = document.createElement("li")
    item.className = "file"
    const name = document.createElement("span"), size = document.createElement("span"), drop = document.createElement("button")
    name.className = "cut"
    name.textContent = file.name
    size.className = "t3"
    size.textContent = file.size < 1e6 ? `${Math.max(1, Math.round(file.size / 1000))} kB` : `${(file.size / 1e6).toFixed(1)} MB`
    drop.type = "button"
    drop.setAttribute("aria-label", `Remove ${file.name}`)
    drop.append(icon("x"))
    drop.addEventListener("click", () => { files = files.filter(other => other !== file); drawFiles() })
    item.append(icon("paperclip"), name, size, drop)
    return item
  }))
}

/* Sending */

let held = null
const busy = new Set()

export function send(then = "") {
  const box = composer(), text = area()
  if (!box || (!text.value.trim() && !files.length)) {
    text?.focus()
    return
  }
  release()
  const main = openCase()
  const letter = {
    url: main.dataset.messages, draft: main.dataset.draft, number: main.dataset.number, kind: box.elements.kind.value,
    text: text.value, files, key: box.elements.client_key.value, version: box.elements.version.value, then,
  }
  forgetDraft(letter.draft, letter.kind)
  if (letter.kind === "reply") pane.dispatchEvent(new CustomEvent("holdfast:sending", { detail: letter }))
  letter.item = pendingItem(letter)
  pane.querySelector("#messages").append(letter.item)
  pane.querySelector(".thread").scrollTop = 0
  text.value = ""
  box.querySelector("[data-saved]").textContent = ""
  files = []
  drawFiles()
  clearNote()
  pane.querySelector("#hints")?.replaceChildren()
  box.elements.client_key.value = crypto.randomUUID()
  held = { letter, timer: setTimeout(release, HOLD_SECONDS * 1000) }
  const what = letter.kind === "note" ? "Note is kept" : then === "close" ? "Reply leaves and the case closes" : "Reply leaves"
  toast(what, { action: "Undo", run: undo, seconds: HOLD_SECONDS, count: true })
}

export function undo() {
  if (!held) return false
  const { letter, timer } = held
  clearTimeout(timer)
  held = null
  dismiss()
  letter.item.remove()
  restore(letter)
  announce("Not sent. Your words are back.")
  return true
}

export function release() {
  if (!held) return
  const { letter, timer } = held
  clearTimeout(timer)
  held = null
  dismiss()
  deliver(letter)
}

async function deliver(letter) {
  const { url, kind, text, key, version, then } = letter
  const data = form({ kind, text, client_key: key, version, ...(then && { then }) })
  for (const file of letter.files) data.append("files", file)
  setState(letter, "Sending")
  busy.add(letter)
  let result
  try {
    result = await ask("POST", url, data, { keepalive: !letter.files.length })
  } catch (error) {
    if (!(error instanceof Offline)) throw error
    setState(letter, "Not sent yet. Kept here; it leaves when the line is back.", "failed")
    setTimeout(() => deliver(letter), RETRY_MS)
    return
  }
  busy.delete(letter)
  const open = openCase()?.dataset.number === letter.number
  letter.item.remove()
  if (result.status === 201 || result.ok) {
    if (kind === "reply") pane.dispatchEvent(new CustomEvent("holdfast:sent", { detail: letter }))
    if (open) append(result.text)
    announce(kind === "note" ? "Note kept." : "Sent.")
    return
  }
  if (!open) {
    await saveDraft(letter.draft, kind, text)
    toast(`Not sent on #${letter.number}. Your words are kept there as a draft.`)
    return
  }
  restore(letter)
  if (result.status === 409) showStale(result.text)
  else note(sentence(result))
}

function restore(letter) {
  if (openCase()?.dataset.number !== letter.number || !composer()) return
  choose(letter.kind)
  const text = area()
  text.value = text.value.trim() ? `${letter.text}\n\n${text.value}` : letter.text
  composer().elements.client_key.value = letter.key
  files = [...letter.files, ...files]
  drawFiles()
  keepDraft(text)
}

function pendingItem({ kind, text }) {
  const item = fragment(`<li class="msg mine pending${kind === "note" ? " note-msg" : ""}"><span class="av you" aria-hidden="true"></span>
    <div><p class="by"><b>You</b></p><div class="words"><p></p></div><p class="foot-line"><span data-state></span></p></div></li>`).firstElementChild
  item.querySelector(".av").textContent = document.querySelector(".me .av")?.textContent ?? ""
  const words = item.querySelector(".words p")
  text.split("\n").forEach((line, index) => words.append(...(index ? [document.createElement("br"), line] : [line])))
  setState({ item }, "Not sent yet; Undo takes it back")
  return item
}

function setState({ item }, words, css = "") {
  const state = item.querySelector("[data-state]")
  state.className = css
  state.replaceChildren(icon(css ? "circle-alert" : "clock"), words)
}

/* Things said beside the composer */

export function note(words) {
  const place = pane.querySelector("#aside-note")
  const box = fragment('<p class="note coral"><span></span></p>').firstElementChild
  box.prepend(icon("circle-alert"))
  box.querySelector("span").textContent = words
  place.replaceChildren(box)
}

export function clearNote() {
  pane.querySelector("#aside-note")?.replaceChildren()
}

function showStale(html) {
  const place = pane.querySelector("#aside-note")
  place.replaceChildren(fragment(html))
  settle(place)
  const stale = place.querySelector("[data-stale]")
  if (!stale) return
  stale.addEventListener("click", event => {
    const read = event.target.closest("[data-stale-read]"), drop = event.target.closest("[data-stale-drop]")
    if (!read && !drop) return
    const box = composer()
    box.elements.version.value = stale.dataset.version
    box.elements.client_key.value = crypto.randomUUID()
    if (drop) {
      area().value = ""
      keepDraft()
    }
    place.replaceChildren()
    area().focus()
  })
  stale.querySelector(".msgs").focus()
}

/* Wiring */

pane.addEventListener("input", event => {
  if (event.target.matches("textarea[data-draft]")) keepDraft(event.target)
  if (event.target.matches('input[name="files"]')) {
    addFiles(event.target.files)
    event.target.value = ""
  }
})
pane.addEventListener("submit", event => {
  if (!event.target.matches("form.composer")) return
  event.preventDefault()
  send(event.submitter?.name === "then" ? event.submitter.value : "")
})
pane.addEventListener("paste", event => {
  if (event.target.matches("textarea[data-draft]") && event.clipboardData.files.length) addFiles(event.clipboardData.files)
})
for (const kind of ["dragover", "dragleave", "drop"]) {
  pane.addEventListener(kind, event => {
    const box = event.target.closest?.(".composer .box")
    if (!box) return
    event.preventDefault()
    box.classList.toggle("over", kind === "dragover")
    if (kind === "drop") addFiles(event.dataTransfer.files)
  })
}
addEventListener("pagehide", () => { release(); flushDrafts() })
addEventListener("beforeunload", event => { if (busy.size || held?.letter.files.length) event.preventDefault() })
addEventListener("online", () => flushDrafts())
whenLeaving(() => { release(); flushDrafts(); files = [] })
whenOpened(() => drawFiles())
