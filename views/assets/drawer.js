// The small cart opens a drawer instead of the cart page, and the drawer's forms change the cart without leaving the
// page. Without this module, or where anything fails, the link and the forms lead to the cart page.

const drawer = document.querySelector('#cart-drawer')
const link = document.querySelector('[data-cart-link]')
const onCartsOwnPages = /^\/(cart|checkout)\b/.test(location.pathname)

if (drawer?.showModal && link && !onCartsOwnPages) {
  link.addEventListener('click', open)
  drawer.addEventListener('click', closeOnBackdrop)
  drawer.addEventListener('submit', change)
}

function open(event) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  drawer.querySelector('.drawer-said').textContent = ''
  drawer.showModal()
  drawer.querySelector('h2').focus()
}

function closeOnBackdrop(event) {
  const { left } = drawer.getBoundingClientRect()
  if (event.target === drawer && event.clientX < left) drawer.close()
}

async function change(event) {
  const form = event.target
  if (form.method === 'dialog') return
  event.preventDefault()
  if (form.dataset.sent) return
  form.dataset.sent = 'yes'
  event.submitter?.setAttribute('aria-busy', 'true')
  try {
    await show(await send(form))
  } catch {
    location.assign('/cart')
  }
}

function send(form) {
  return fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) })
}

/** The answer is the cart page, which carries the new small cart, the new drawer, and why a change was refused. */
async function show(response) {
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const lines = page.querySelector('.drawer-lines')
  if (!lines) throw new Error('not the cart page')
  drawer.querySelector('.drawer-lines').replaceWith(document.adoptNode(lines))
  link.replaceChildren(...document.adoptNode(page.querySelector('[data-cart-link]')).childNodes)
  drawer.querySelector('.drawer-said').textContent = page.querySelector('.notice-error')?.textContent ?? ''
  drawer.querySelector('h2').focus()
}
