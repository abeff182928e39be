// A form that was sent says so on its button and is not sent twice. Pages that the browser kept while it was elsewhere
// come back as they were left, so their buttons are freed when they are shown again.

const patienceMs = 15_000

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === 'dialog') return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = 'yes'
  const button = event.submitter ?? form.querySelector('button')
  button?.setAttribute('aria-busy', 'true')
  // A download, a stopped load or a lost network leaves the page standing.
  setTimeout(() => free(form), patienceMs)
})

window.addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of document.querySelectorAll('form[data-sent]')) free(form)
})

function free(form) {
  delete form.dataset.sent
  for (const button of form.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
}
