// Asks in the background whether the payment is confirmed, and moves on once the address leads elsewhere.

const waiting = document.querySelector('[data-reload-seconds]')
const pauseMs = Number(waiting.dataset.reloadSeconds) * 1000

setTimeout(ask, pauseMs)

async function ask() {
  try {
    const answer = await fetch(location.href, { redirect: 'manual' })
    if (answer.type === 'opaqueredirect' || answer.status >= 400) return location.reload()
  } catch {
    // The network may come back.
  }
  setTimeout(ask, pauseMs)
}
