// Open values on a page count down, and are sealed again by `seal` at the end of their time or when somebody hides them.
// Copying one takes the code of the session along instead of the value.
export function keepTime(root, seal) {
  setInterval(() => {
    for (const open of root.querySelectorAll(".open-seal[data-seconds]:not([data-closing])")) {
      open.dataset.ends ??= Date.now() + Number(open.dataset.seconds) * 1000 // the server's clock may differ from this one
      const left = Math.ceil((Number(open.dataset.ends) - Date.now()) / 1000)
      if (left <= 0) seal(open)
      else {
        open.querySelector("[data-left-seconds]").textContent = `${left} s`
        open.querySelector(".left")?.setAttribute("stroke-dasharray", `${Math.round((left / Number(open.dataset.seconds)) * 100)} 100`)
      }
    }
  }, 250)

  root.addEventListener("click", event => {
    if (event.target.closest("[data-hide]")) seal(event.target.closest(".open-seal"))
  })
}

addEventListener("copy", event => {
  const open = document.getSelection()?.anchorNode?.parentElement?.closest(".open-seal")
  if (!open) return
  event.preventDefault()
  event.clipboardData.setData("text/plain", `sealed value, ${open.dataset.code}`)
})
