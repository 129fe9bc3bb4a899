// The desk starts here: clicks find their action, links open in place, the stream connects.
import "../shell.js"
import { actions, choosePalette, keepView, remove } from "./actions.js"
import { insert } from "./canned.js"
import "./copilot.js"
import { catchUp, closePane, loadEarlier, openConversation, refreshCase } from "./conversation.js"
import "./dialogs.js"
import { ask, form } from "./http.js"
import "./keys.js"
import { fetchLater, lookForNew, openList, refreshNav, refreshRow, showCurrent } from "./list.js"
import { connect } from "./live.js"
import { onChoose } from "./palette.js"
import { beat } from "./presence.js"
import "./reveal.js"
import { desk, list, openCase, pane, settle } from "./screen.js"

const plain = event => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

document.addEventListener("click", event => {
  const button = event.target.closest("[data-do]")
  if (button) {
    if (button.matches("a")) event.preventDefault()
    return actions[button.dataset.do]()
  }
  const words = event.target.closest("[data-insert-words]")
  if (words) return insert(words.dataset.insertWords)
  const gone = event.target.closest("[data-delete]")
  if (gone) return remove(gone)
  const earlier = event.target.closest("[data-earlier]")
  if (earlier) return loadEarlier(earlier)
  const close = event.target.closest("#shortcuts [data-close]")
  if (close) return close.closest("dialog").close()
  const link = event.target.closest("a")
  if (!link || !plain(event)) return
  if (link.matches(".row, [data-case-link]")) {
    event.preventDefault()
    openConversation(link.href)
  } else if (link.matches("[data-list-link]")) {
    event.preventDefault()
    openList(link.href)
  }
})

document.addEventListener("submit", event => {
  if (event.target.matches("[data-save-view]")) {
    event.preventDefault()
    keepView(event.target)
  } else if (event.target.id === "find") {
    event.preventDefault()
    openList(`${desk.dataset.home}?${new URLSearchParams(new FormData(event.target))}`)
  }
})

// The formatted mail is only loaded when asked for, in a frame that can do nothing.
pane.addEventListener("toggle", event => {
  const details = event.target.closest("details[data-formatted]")
  if (!details?.open || details.querySelector("iframe")) return
  const frame = document.createElement("iframe")
  frame.setAttribute("sandbox", "")
  frame.title = "The mail as it was formatted"
  frame.className = "formatted"
  frame.src = details.dataset.formatted
  details.append(frame)
}, true)

document.body.addEventListener("holdfast:changed", event => {
  const { number, gone } = event.detail
  const open = openCase()
  if (open && String(number) === open.dataset.number) {
    if (gone) closePane({ gone: true })
    else { refreshCase(); catchUp() }
    refreshRow(open.dataset.id).then(known => known || lookForNew())
  } else lookForNew()
  refreshNav()
})

// Choices about the display are kept with the account too.
document.addEventListener("click", event => {
  const chosen = event.target.closest("[data-set-theme], [data-set-density]")
  if (!chosen) return
  const { setTheme, setDensity } = chosen.dataset
  ask("POST", desk.dataset.preferences, form(setTheme ? { theme: setTheme } : { density: setDensity })).catch(() => {})
})

addEventListener("popstate", event => {
  if (event.state?.case) openConversation(event.state.case, { push: false })
  else if (location.pathname === new URL(desk.dataset.home, location.href).pathname) openList(location.href, { push: false })
  else openConversation(location.href, { push: false })
})
history.replaceState(openCase() ? { case: location.href } : { list: location.search }, "")

onChoose(choosePalette)
settle(list)
connect()
beat()
showCurrent()
fetchLater()
