// Answers written beforehand: a slash at the start of a word opens them, arrows choose, Enter puts one in.
import { area, keepDraft } from "./composer.js"
import { fragment, get } from "./http.js"
import { openCase, pane } from "./screen.js"

let box = null
let start = -1 // where the slash stands; -1 when opened by the button
let asked = 0

export async function openCanned(text = "") {
  const main = openCase(), field = area()
  if (!main || !field) return
  const turn = ++asked
  const result = await get(`${main.dataset.canned.split("?")[0]}?${query(main.dataset.canned, text)}`)
  if (turn !== asked || !result.ok || !area()) return
  if (!box?.isConnected) {
    box = document.createElement("div")
    box.className = "canned"
    box.id = "canned"
    box.setAttribute("role", "listbox")
    box.setAttribute("aria-label", "Answers")
    pane.querySelector("#dock").append(box)
    field.setAttribute("aria-controls", "canned")
  }
  box.replaceChildren(fragment(result.text))
  point(0)
}

function query(url, text) {
  const given = new URLSearchParams(url.split("?")[1] ?? "")
  given.set("q", text)
  return given
}

export function closeCanned() {
  asked += 1
  start = -1
  area()?.removeAttribute("aria-activedescendant")
  box?.remove()
  box = null
}

const options = () => [...(box?.querySelectorAll('[role="option"]') ?? [])]

function point(index) {
  const all = options()
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)))
  all[index]?.scrollIntoView({ block: "nearest" })
  if (all[index]) area().setAttribute("aria-activedescendant", all[index].id)
}

export function insert(body) {
  const field = area()
  if (!field) return
  const from = start >= 0 ? start : field.selectionStart
  field.setRangeText(body, from, field.selectionEnd, "end")
  closeCanned()
  field.focus()
  keepDraft(field)
}

export function startCanned() {
  const field = area()
  if (!field) return
  field.focus()
  start = -1
  openCanned()
}

pane.addEventListener("input", event => {
  const field = event.target
  if (!field.matches("textarea[data-draft]")) return
  const before = field.value.slice(0, field.selectionStart)
  const slash = /(?:^|\s)\/([\p{L}\p{N}-]*)$/u.exec(before)
  if (!slash) {
    if (box) closeCanned()
    return
  }
  start = before.length - slash[1].length - 1
  openCanned(slash[1])
})

pane.addEventListener("keydown", event => {
  if (!box || !event.target.matches("textarea[data-draft]")) return
  const all = options(), now = all.findIndex(option => option.getAttribute("aria-selected") === "true")
  if (event.key === "ArrowDown" || event.key === "ArrowUp") point((now + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length)
  else if ((event.key === "Enter" || event.key === "Tab") && all[now]) insert(all[now].dataset.body)
  else if (event.key === "Escape") closeCanned()
  else return
  event.preventDefault()
  event.stopPropagation()
}, true)

pane.addEventListener("pointerdown", event => {
  const option = event.target.closest('.canned [role="option"]')
  if (option) {
    event.preventDefault()
    insert(option.dataset.body)
  } else if (box && !event.target.closest(".canned, .composer")) closeCanned()
})
