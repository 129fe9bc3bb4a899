// Go to, do, answers: one field, one list.
import { fragment, get } from "./http.js"
import { desk, openCase, settle } from "./screen.js"

const dialog = document.getElementById("palette")
const field = dialog.querySelector("input")
const out = dialog.querySelector(".out")
let asked = 0
let timer
let choose = () => {}

export const onChoose = run => { choose = run }

export function openPalette() {
  if (dialog.open) return
  field.value = ""
  dialog.showModal()
  field.focus()
  ask()
}

async function ask() {
  const turn = ++asked
  const query = new URLSearchParams({ q: field.value })
  const number = openCase()?.dataset.number
  if (number) query.set("c", number)
  const result = await get(`${desk.dataset.palette}?${query}`)
  if (turn !== asked || !result.ok) return
  out.replaceChildren(fragment(result.text))
  settle(out)
  point(0)
}

const options = () => [...out.querySelectorAll('[role="option"]')]
const current = () => options().findIndex(option => option.getAttribute("aria-selected") === "true")

function point(index) {
  const all = options()
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)))
  all[index]?.scrollIntoView({ block: "nearest" })
  if (all[index]) field.setAttribute("aria-activedescendant", all[index].id)
  else field.removeAttribute("aria-activedescendant")
}

function take(option) {
  if (!option) return
  dialog.close()
  choose({ url: option.dataset.url, action: option.dataset.action, text: option.dataset.text })
}

field.addEventListener("input", () => {
  clearTimeout(timer)
  timer = setTimeout(ask, 120)
})
dialog.addEventListener("keydown", event => {
  const all = options()
  if (event.key === "ArrowDown") point((current() + 1) % all.length)
  else if (event.key === "ArrowUp") point((current() + all.length - 1) % all.length)
  else if (event.key === "Enter") take(all[current()])
  else return
  event.preventDefault()
})
out.addEventListener("click", event => take(event.target.closest('[role="option"]')))
dialog.addEventListener("pointerdown", event => { if (event.target === dialog) dialog.close() })
