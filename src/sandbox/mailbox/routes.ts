import { json, Router } from 'express'
import { z } from 'zod'
import { type House, readPresent } from '../house.ts'
import { formatMoment } from '../pages/moments.ts'
import type { Render } from '../pages/render.ts'

const mailShape = z.object({
  to: z.string().min(1),
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string().default(''),
})
const shown = 200

/** The mailbox: the app posts its mail here, people and tests read it. */
export function mailboxRoutes(house: House, render: Render): Router {
  const router = Router()

  router.post('/mail', json({ limit: '1mb' }), async (req, res) => {
    const mail = mailShape.safeParse(req.body)
    if (!mail.success) {
      const [issue] = mail.error.issues
      res.status(422).json({ error: `${issue?.path.join('.') || 'body'}: ${issue?.message}` })
      return
    }
    const { to, from, ...rest } = mail.data
    const { now } = await readPresent(house)
    const at = new Date(now * 1000)
    await house.db
      .insertInto('mails')
      .values({ ...rest, recipient: to.toLowerCase(), sender: from, at })
      .execute()
    res.status(201).json({ at })
  })
  router.get('/mail.json', async (req, res) => {
    const mails = await readMails(house, recipientIn(req.query.to))
    res.json(mails.map(({ id: _, recipient, sender, ...rest }) => ({ to: recipient, from: sender, ...rest })))
  })
  router.get('/mail', async (req, res) => {
    const to = recipientIn(req.query.to)
    const mails = (await readMails(house, to)).map((mail) => ({ ...mail, time: formatMoment(mail.at) }))
    await render(res, 'mails', { title: 'Mail', part: 'mail', to: to ?? '', mails })
  })
  router.get('/mail/:id', async (req, res) => {
    const mail = await readMail(house, req.params.id)
    if (!mail)
      return render(
        res,
        'message',
        { title: 'No such mail', part: 'mail', text: 'There is no such mail.', back: '/mail' },
        404,
      )
    await render(res, 'mail', {
      title: mail.subject,
      part: 'mail',
      mail,
      time: formatMoment(mail.at),
      parts: linked(mail.text),
    })
  })
  router.get('/mail/:id/html', async (req, res) => {
    const mail = await readMail(house, req.params.id)
    if (!mail) return void res.status(404).type('text').send('There is no such mail.\n')
    // A mail may style itself, but runs nothing and can reach nothing but new windows.
    res.set(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'",
    )
    res.type('html').send(`<!doctype html><base target="_blank">${mail.html}`)
  })
  return router
}

function recipientIn(to: unknown): string | null {
  return typeof to === 'string' && to.trim() !== '' ? to.trim().toLowerCase() : null
}

async function readMails(house: House, to: string | null) {
  const all = house.db.selectFrom('mails').selectAll().orderBy('id', 'desc').limit(shown)
  return (to === null ? all : all.where('recipient', '=', to)).execute()
}

async function readMail(house: House, id: string) {
  if (!/^\d{1,15}$/.test(id)) return undefined
  return house.db.selectFrom('mails').selectAll().where('id', '=', Number(id)).executeTakeFirst()
}

/** A text in pieces, each an address or not, so that addresses can be followed. */
function linked(text: string): { text: string; address: boolean }[] {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:)])/)
    .map((piece, index) => ({ text: piece, address: index % 2 === 1 }))
}
