// What happens elsewhere arrives as ids over one stream; each part then fetches what it may see.
import { clockTime } from "../time.js"
import { catchUp, refreshCase, refreshDelivery } from "./conversation.js"
import { fragment } from "./http.js"
import { lookForNew, refreshNav, refreshRow } from "./list.js"
import { beat } from "./presence.js"
import { desk, icon, openCase } from "./screen.js"
import { follow } from "../posture.js"

let lost = null
let beating = null

async function onDesk(event) {
  const said = JSON.parse(event.data)
  refreshNav()
  if (said.conversation === openCase()?.dataset.id) {
    if (said.kind === "message" || said.kind === "note") catchUp()
    if (said.kind === "delivery") refreshDelivery(said.message)
    refreshCase()
  }
  const known = await refreshRow(said.conversation)
  if (!known) lookForNew()
}

function onPresence(event) {
  const said = JSON.parse(event.data)
  if (said.conversation !== openCase()?.dataset.id) return
  clearTimeout(beating)
  beating = setTimeout(beat, 400)
}

export function everything() {
  refreshNav()
  lookForNew()
  refreshCase()
  refreshDelivery()
  catchUp()
}

function offline(words) {
  if (document.getElementById("offline")) return
  const box = fragment('<div class="note amber offline" id="offline" role="status"><span></span><span></span></div>').firstElementChild
  box.prepend(icon("wifi-off"))
  box.querySelector("span").innerHTML = "<b></b> <span></span>"
  box.querySelector("b").textContent = words
  box.querySelector("span span").textContent = "Keep writing. Replies leave when the line is back; counts and waits are as of then."
  desk.before(box)
  document.body.classList.add("is-offline")
}

function online() {
  clearTimeout(lost)
  lost = null
  document.getElementById("offline")?.remove()
  document.body.classList.remove("is-offline")
}

export function connect() {
  if (!desk.dataset.stream) return
  const stream = new EventSource(desk.dataset.stream)
  let before = false
  stream.addEventListener("ready", () => {
    if (before) everything() // the replay brings ids; parts that failed meanwhile are fetched afresh too
    before = true
    online()
  })
  stream.addEventListener("desk", onDesk)
  stream.addEventListener("presence", onPresence)
  stream.addEventListener("resync", everything)
  follow(stream)
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) {
      offline("This page has been open for long. Reload it to see live changes again.")
      return
    }
    const since = clockTime(new Date())
    lost ??= setTimeout(() => offline(`You are offline since ${since}.`), 4000)
  })
}

addEventListener("visibilitychange", () => { if (!document.hidden) lookForNew() })
