// The keyboard. Single keys rest inside fields and dialogs, and when the reader has switched them off.
import { actions } from "./actions.js"
import { move } from "./list.js"

const SINGLE = {
  j: () => move(1), k: () => move(-1), n: "next", a: "take", r: "reply", R: "note", "/": "canned", e: "close-or-reopen",
  s: "snooze", t: "transfer", l: "tag", i: "info", u: "write-update", I: "declare", "?": "shortcuts",
}
const AFTER_G = { d: "go-desk", m: "go-mine", s: "go-snoozed", a: "go-all", c: "go-closed", b: "go-bridge", i: "go-incidents", h: "go-help", l: "go-log" }
let g = 0

const writing = target => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")

addEventListener("keydown", event => {
  const mod = event.metaKey || event.ctrlKey, inDialog = document.querySelector("dialog[open]")
  if (mod && !event.shiftKey && event.key.toLowerCase() === "k") return act(event, "palette")
  if (inDialog) return
  if (mod && event.key === "Enter" && event.target.matches("textarea[data-draft]")) return act(event, "send")
  if (mod && event.key === "z" && (!writing(event.target) || event.target.value === "")) {
    if (actions.undo()) event.preventDefault()
    return
  }
  if (event.key === "Escape") return act(event, writing(event.target) ? "leave-field" : "back")
  if (mod || event.altKey || writing(event.target)) return
  if (document.documentElement.dataset.singleKeys === "off") return
  if (Date.now() - g < 1500 && AFTER_G[event.key]) {
    g = 0
    return act(event, AFTER_G[event.key])
  }
  g = event.key === "g" ? Date.now() : 0
  const what = SINGLE[event.key]
  if (typeof what === "function") {
    event.preventDefault()
    what()
  } else if (what) act(event, what)
})

function act(event, name) {
  event.preventDefault()
  actions[name]()
}
