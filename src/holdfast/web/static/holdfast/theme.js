// Theme and density before the first paint: what this browser chose, else the account, else the system.
const root = document.documentElement

function kept(name) {
  try { return localStorage.getItem(name) } catch { return null }
}

function keep(name, value) {
  try { localStorage.setItem(name, value) } catch { /* private windows may refuse; the choice lasts this page */ }
}

const theme = kept("theme")
if (theme === "light" || theme === "dark") root.dataset.theme = theme
if (theme === "auto") delete root.dataset.theme
const density = kept("density")
if (density) root.dataset.density = density

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
}

addEventListener("click", event => {
  const target = event.target.closest("[data-theme-toggle], [data-set-theme], [data-set-density]")
  if (!target) return
  if (target.dataset.setDensity) {
    keep("density", root.dataset.density = target.dataset.setDensity)
  } else {
    const chosen = target.dataset.setTheme ?? (isDark() ? "light" : "dark")
    keep("theme", chosen)
    if (chosen === "auto") delete root.dataset.theme
    else root.dataset.theme = chosen
  }
  showChoices()
})

function showChoices() {
  const now = { setTheme: kept("theme") ?? root.dataset.theme ?? "auto", setDensity: root.dataset.density ?? "comfortable" }
  for (const button of document.querySelectorAll("[data-set-theme], [data-set-density]")) {
    const key = button.dataset.setTheme ? "setTheme" : "setDensity"
    button.setAttribute("aria-pressed", String(button.dataset[key] === now[key]))
  }
}
addEventListener("DOMContentLoaded", showChoices)
