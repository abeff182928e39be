import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ejs, { type Options, type TemplateFunction } from 'ejs'
import type { MailKind, MailModels } from './kinds.ts'
import type { Letter } from './mail.ts'

/** Renders a mail of one kind. Throws when a template is missing or fails. */
export type RenderMail = <K extends MailKind>(kind: K, model: MailModels[K]) => Promise<Letter>

type Compile = (name: string, settings?: Pick<Options, 'escape'>) => Promise<TemplateFunction>

/**
 * The mails' templates in `folder`, each compiled once. `<kind>.text.ejs` begins with a line "Subject: ..." and holds
 * the plain text; `<kind>.ejs` holds the HTML, which `layout.ejs` receives as `body` together with `subject`.
 */
export function openMailTemplates(folder: string): RenderMail {
  const compile = compileOnce(folder)
  return async (kind, model) => {
    const plain = await compile(`${kind}.text`, { escape: String })
    const { subject, text } = parseText(plain(model))
    const body = (await compile(kind))(model)
    const html = (await compile('layout'))({ ...model, subject, body })
    return { subject, text, html: tidy(html) }
  }
}

function compileOnce(folder: string): Compile {
  const compiled = new Map<string, Promise<TemplateFunction>>()
  return (name, settings = {}) => {
    const known = compiled.get(name)
    if (known) return known
    const filename = join(folder, `${name}.ejs`)
    const template = readFile(filename, 'utf8').then((source) =>
      ejs.compile(source, { ...settings, filename }),
    )
    compiled.set(name, template)
    return template
  }
}

function parseText(rendered: string): { subject: string; text: string } {
  const [first = '', ...rest] = rendered.trim().split('\n')
  if (!first.startsWith('Subject: ')) throw new Error('a mail template does not begin with its subject')
  return { subject: first.slice('Subject: '.length).trim(), text: tidy(rest.join('\n')) }
}

/** Conditions in templates leave lines empty. */
function tidy(text: string): string {
  return `${text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`
}
