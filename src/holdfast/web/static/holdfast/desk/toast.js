// One toast at a time, bottom left, 8 s unless told otherwise, with an optional action.
const region = document.getElementById("toasts")
let timer

export function toast(text, { action = "", run = null, seconds = 8, count = false } = {}) {
  dismiss()
  const box = document.createElement("div")
  box.className = "toast"
  const words = document.createElement("span")
  words.textContent = text
  if (count) {
    const rest = document.createElement("span")
    rest.setAttribute("aria-hidden", "true") // not read out each second
    rest.textContent = ` in ${seconds} s`
    words.append(rest)
  }
  box.append(words)
  if (action) {
    const button = document.createElement("button")
    button.type = "button"
    button.className = "btn sm"
    button.textContent = action
    button.addEventListener("click", () => { dismiss(); run() })
    box.append(button)
  }
  region.append(box)
  let left = seconds
  timer = setInterval(() => {
    left -= 1
    if (count) words.firstElementChild.textContent = ` in ${left} s`
    if (left <= 0) dismiss()
  }, 1000)
}

export function dismiss() {
  clearInterval(timer)
  region.replaceChildren()
}

export function announce(text) {
  document.getElementById("live").textContent = text
}
