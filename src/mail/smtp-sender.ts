import { createTransport } from 'nodemailer'
import { type OutgoingMail, Refused, type Sender } from './mail.ts'

/**
 * Sends through the mail server at `url` (smtp:// or smtps://) as `from` ("The Meridian <post@example.test>"). The
 * Message-ID is made from the mail's id, so that a mail sent twice is known as one.
 */
export function smtpSender(url: string, from: string): Sender {
  const transport = createTransport({
    url,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
  })
  return async (mail) => {
    try {
      await transport.sendMail(toMessage(mail, from))
    } catch (error) {
      throw isFinal(error) ? new Refused(messageOf(error)) : error
    }
  }
}

function toMessage(mail: OutgoingMail, from: string) {
  return {
    from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.id}@${domainOf(from)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function domainOf(from: string): string {
  return /@([^@\s>]+)>?\s*$/.exec(from)?.[1] ?? 'newsstand.invalid'
}

/**
 * 5xx is for good (RFC 5321, 4.2.1, read 2026-11-22), but only about this recipient or this mail: a refused sign-in or
 * sender is a wrong setting of ours, and the mail may leave once that is mended.
 */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown }
  return Number(responseCode) >= 500 && (command === 'RCPT TO' || command === 'DATA')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'refused'
}
