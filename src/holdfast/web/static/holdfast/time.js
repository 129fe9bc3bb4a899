// Keeps every shown time true: ages, clock times in the reader's zone, promise clocks. Reads only data attributes.
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR

export function shortAge(ms) {
  if (ms < 45_000) return "now"
  if (ms < HOUR) return `${Math.max(1, Math.round(ms / MINUTE))} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  const days = Math.floor(ms / DAY)
  return days < 28 ? `${days} d` : `${Math.floor(days / 7)} wk`
}

export function span(ms) {
  const minutes = Math.round(ms / MINUTE)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60), rest = minutes % 60
  if (hours < 24) return rest ? `${hours} h ${rest} min` : `${hours} h`
  return `${Math.floor(hours / 24)} d`
}

export function clockTime(date, now = new Date()) {
  const hm = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
  if (date.toDateString() === now.toDateString()) return hm
  if (Math.abs(date - now) < 6 * DAY) return `${date.toLocaleDateString("en-GB", { weekday: "short" })} ${hm}`
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric"
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year })
}

function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text
}

function refreshClock(clock, now) {
  const due = new Date(clock.dataset.due), whole = due - new Date(clock.dataset.since), left = due - now
  if (left <= 0) {
    if (!clock.classList.contains("broken")) {
      clock.classList.remove("open", "soon")
      clock.classList.add("broken")
      clock.querySelector(".ring")?.remove()
    }
    put(clock.querySelector("[data-shown]"), `${span(-left)} late`)
    put(clock.querySelector("[data-left]"), "")
    return
  }
  const soon = left < 15 * MINUTE || left < whole / 4
  clock.classList.toggle("soon", soon)
  clock.classList.toggle("open", !soon)
  clock.querySelector(".left")?.setAttribute("stroke-dasharray", `${Math.round((left / whole) * 100)} 100`)
  put(clock.querySelector("[data-shown]"), clockTime(due, now))
  put(clock.querySelector("[data-left]"), `in ${span(left)}`)
}

export function refreshTimes(within = document) {
  const now = new Date()
  for (const node of within.querySelectorAll("time[data-ago]")) put(node, shortAge(Math.max(0, now - new Date(node.dateTime))))
  for (const node of within.querySelectorAll("time[data-at]")) put(node, clockTime(new Date(node.dateTime), now))
  for (const node of within.querySelectorAll("time[title]:not([data-titled])")) {
    node.dataset.titled = ""
    node.title = new Date(node.dateTime).toLocaleString("en-GB", { dateStyle: "full", timeStyle: "short" })
  }
  for (const clock of within.querySelectorAll(".clock[data-due]")) refreshClock(clock, now)
}

refreshTimes()
setInterval(refreshTimes, 15_000)
