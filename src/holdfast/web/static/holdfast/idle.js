// Whoever is away for long is signed out. Keys and the pointer tell the server that somebody is here, once a minute; two
// minutes before the end the page says so; afterwards it leads to the sign-in page and back. A form with unsent words
// is not left: it waits under a sheet until its writer has signed in again.
const root = document.documentElement
const HERE = root.dataset.here, LASTS = 60 * Number(root.dataset.idle), SOON = Math.min(120, LASTS / 3)
const EVERY = Math.min(60_000, LASTS * 200)
let told = Date.now(), asked = told, timer = null, warning = null, csrf = ""
const touched = new Set()

const later = seconds => {
  clearTimeout(timer)
  timer = setTimeout(look, Math.max(1, seconds) * 1000)
}

async function answer(method) {
  if (method === "POST" && !csrf) csrf = (await answer("GET"))?.csrf ?? ""
  const got = await fetch(HERE, { method, headers: method === "POST" ? { "X-CSRFToken": csrf } : {} }).catch(() => null)
  if (got === null) return null
  if (!got.ok) {
    csrf = "" // it changes when somebody signs in
    return { left: 0, there: got.headers.get("HX-Redirect") }
  }
  const said = await got.json()
  csrf = said.csrf
  return said
}

async function look() {
  const said = await answer("GET")
  if (said === null) return later(30) // nobody answered: the page says so elsewhere
  if (said.left > SOON) return calm(said.left - SOON)
  if (said.left > 0) return warn(said.left)
  if (!covered()) location.assign(said.there ?? location.href)
}

function calm(seconds) {
  warning?.remove()
  warning = null
  later(seconds)
}

function warn(seconds) {
  if (!warning) {
    warning = document.createElement("div")
    warning.className = "toast"
    const words = document.createElement("span"), stay = document.createElement("button")
    words.textContent = "Nothing has happened here for a while. You are signed out soon."
    stay.type = "button"
    stay.className = "btn sm"
    stay.textContent = "Stay signed in"
    warning.append(words, stay)
    document.getElementById("toasts").append(warning)
  }
  later(seconds + 1)
}

async function act() {
  if (document.querySelector("dialog.away") || Date.now() - asked < (warning ? 1_000 : EVERY)) return
  asked = Date.now()
  const said = await answer("POST")
  if (said?.left) {
    told = asked
    calm(said.left - SOON)
  } else if (said) look()
}

// The composer of the desk keeps its drafts with the server; any other form is only here.
const unsent = () => [...touched].some(field => field.isConnected && field.value !== field.defaultValue && field.value.trim())

addEventListener("input", event => {
  if (event.target.matches("textarea:not([data-draft]), input[type=text], input:not([type])")) touched.add(event.target)
}, true)
for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(kind, event => event.isTrusted && act(), { capture: true, passive: true })

// Only for who was away: whoever was signed out for another reason leaves the page at once.
function covered() {
  if (document.querySelector("dialog.away")) return true
  if (!unsent() || Date.now() - told < (LASTS - SOON) * 1000) return false
  cover()
  return true
}

addEventListener("holdfast:signed-out", event => covered() && event.preventDefault())

function cover() {
  const sheet = document.createElement("dialog"), head = document.createElement("h2"), words = document.createElement("p")
  const acts = document.createElement("p"), sign = document.createElement("a"), on = document.createElement("button")
  sheet.className = "away"
  head.textContent = "You were away, so you are signed out"
  words.textContent = "What you typed is still on this page. Sign in again in a new tab, then go on here."
  acts.className = "row-end"
  sign.className = "btn primary"
  sign.target = "_blank"
  sign.href = `/accounts/login/?away=1`
  sign.textContent = "Sign in again"
  on.className = "btn"
  on.type = "button"
  on.textContent = "Go on here"
  on.addEventListener("click", async () => {
    const said = await answer("GET")
    if (!said?.left) {
      words.textContent = "You are not signed in yet. Sign in again in a new tab, then go on here."
      return
    }
    for (const field of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) field.value = said.csrf
    document.querySelector('meta[name="csrf"]')?.setAttribute("content", said.csrf)
    sheet.remove()
    told = Date.now()
    calm(said.left - SOON)
  })
  acts.append(sign, on)
  sheet.append(head, words, acts)
  sheet.addEventListener("cancel", event => event.preventDefault())
  document.body.append(sheet)
  sheet.showModal()
}

later(LASTS - SOON)
