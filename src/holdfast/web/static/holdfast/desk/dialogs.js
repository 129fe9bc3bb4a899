// The one dialog: htmx brings its content, this opens it, keeps focus right, and sends answers where they belong.
import { fragment, get, sentence } from "./http.js"
import { settle } from "./screen.js"
import { toast } from "./toast.js"

const dialog = document.getElementById("dialog")
let into = "" // where the answer of the dialog goes when it is not the dialog itself

export async function openDialog(url) {
  const result = await get(url)
  if (!result.ok) {
    toast(sentence(result))
    return
  }
  into = ""
  dialog.innerHTML = result.text
  settle(dialog)
  ready()
}

function ready() {
  if (!dialog.open) dialog.showModal()
  const first = dialog.querySelector('[aria-invalid="true"], [autofocus], input:not([type="hidden"]), button.primary')
  first?.focus()
  dialog.querySelectorAll("[data-count-for]").forEach(count)
  dialog.querySelectorAll("[data-target]").forEach(aim)
}

// One list offers queues and people; the server wants to know which of the two it is.
function aim(select) {
  const [name, value] = select.value.split(":")
  for (const field of ["to_queue", "to_agent"]) {
    const hidden = dialog.querySelector(`input[name="${field}"]`)
    hidden.disabled = field !== name
    hidden.value = field === name ? value : ""
  }
}

function count(node) {
  const field = document.getElementById(node.dataset.countFor)
  node.textContent = `${field.maxLength - field.value.length} left`
}

export function closeDialog() {
  if (dialog.open) dialog.close()
}

dialog.addEventListener("close", () => dialog.replaceChildren())
dialog.addEventListener("click", event => {
  if (event.target.closest("[data-close]")) closeDialog()
})
dialog.addEventListener("pointerdown", event => {
  if (event.target === dialog) closeDialog() // the backdrop
})
dialog.addEventListener("input", event => {
  dialog.querySelectorAll("[data-count-for]").forEach(count)
  if (event.target.matches("[data-target]")) aim(event.target)
  if (event.target.matches('input[name="until"]')) {
    const custom = dialog.querySelector("[data-custom]").checked
    const field = dialog.querySelector("[data-custom-field]")
    field.hidden = !custom
    if (custom) field.querySelector("input").focus()
  }
  if (event.target.id === "snooze-at" && event.target.value) {
    dialog.querySelector("[data-custom]").value = withOffset(event.target.value)
  }
})
dialog.addEventListener("keydown", event => {
  if (event.target.matches('input[type="text"], input:not([type]), input[type="datetime-local"], select')) return
  const preset = dialog.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
  if (preset) {
    preset.checked = true
    dialog.querySelector("form").requestSubmit()
  }
})

// A local date and time with the reader's own offset, as ISO 8601.
function withOffset(local) {
  const minutes = -new Date(local).getTimezoneOffset(), sign = minutes < 0 ? "-" : "+", size = Math.abs(minutes)
  const two = number => String(number).padStart(2, "0")
  return `${local}:00${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

document.body.addEventListener("htmx:beforeRequest", event => {
  if (event.detail.elt.dataset.into) into = event.detail.elt.dataset.into
})
document.body.addEventListener("htmx:configRequest", event => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf"]').content
})
document.body.addEventListener("htmx:beforeSwap", event => {
  const { detail } = event, status = detail.xhr.status
  const redirect = detail.xhr.getResponseHeader("HX-Redirect")
  if (redirect) return
  const reveal = detail.requestConfig?.elt?.matches?.("[data-reveal]")
  if (reveal && into && (status === 200 || status === 403)) {
    detail.target = document.querySelector(into) ?? detail.target
    detail.shouldSwap = true
    closeDialog()
    return
  }
  const refused = status >= 400 && fragment(detail.xhr.responseText).querySelector(".problem")
  if (refused) {
    detail.shouldSwap = false
    toast(refused.textContent.trim())
  }
})
document.body.addEventListener("htmx:afterSwap", event => {
  const { target } = event.detail
  settle(target)
  if (target === dialog && dialog.childElementCount) ready()
  target.querySelector?.(".open-seal")?.focus({ preventScroll: true })
})
document.body.addEventListener("htmx:sendError", event => event.detail.elt.matches("[data-quiet], [data-quiet] > div") || toast("Nobody answered. Nothing was changed; try again when the line is back."))
document.body.addEventListener("holdfast:changed", closeDialog)
