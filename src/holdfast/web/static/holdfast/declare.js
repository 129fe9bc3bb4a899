// Declaring an incident from anywhere: Shift I, or any link to the page. Without script the page itself does the same.
const PAGE = "/incidents/declare/"
let dialog

export async function openDeclare() {
  if (document.querySelector("dialog[open]")) return
  const answer = await fetch(PAGE, { headers: { "HX-Request": "true" } }).catch(() => null)
  if (!answer) return location.assign(PAGE)
  dialog ??= made()
  const text = new DOMParser().parseFromString(await answer.text(), "text/html")
  const form = text.querySelector("form.dlg")
  if (form) dialog.replaceChildren(form)
  else if (answer.status === 403) dialog.replaceChildren(refusal())
  else return location.assign(PAGE)
  dialog.showModal()
  dialog.querySelector("[autofocus]")?.focus()
}

function made() {
  const fresh = document.createElement("dialog")
  fresh.className = "wide declaring"
  fresh.setAttribute("aria-labelledby", "declare-title")
  fresh.addEventListener("click", event => { if (event.target.closest("[data-close]")) fresh.close() })
  fresh.addEventListener("close", () => fresh.replaceChildren())
  return document.body.appendChild(fresh)
}

function refusal() {
  const box = document.createElement("div")
  box.className = "dlg"
  const title = document.createElement("h2")
  title.id = "declare-title"
  title.textContent = "Leads and admins declare incidents"
  const say = document.createElement("p")
  say.textContent = "Tell one of them what you see. They are on the bridge and in the list of colleagues."
  const row = document.createElement("div")
  row.className = "row-end"
  const close = document.createElement("button")
  close.className = "btn"
  close.dataset.close = ""
  close.textContent = "Close"
  close.autofocus = true
  row.append(close)
  box.append(title, say, row)
  return box
}

document.addEventListener("click", event => {
  const link = event.target.closest(`a[href="${PAGE}"]`)
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  openDeclare()
})
