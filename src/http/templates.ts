import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'

/** Renders `views/<name>.ejs` to text. Throws when there is no such template or it fails. */
export type Templates = (name: string, locals: object) => Promise<string>

/** Templates of a folder, each compiled once; with `reload`, at every use, for work on the templates. */
export function openTemplates(folder: string, options: { reload?: boolean } = {}): Templates {
  const compiled = new Map<string, Promise<TemplateFunction>>()
  const compileOnce = (name: string) => {
    const known = compiled.get(name)
    if (known) return known
    const template = compile(join(folder, `${name}.ejs`), true)
    compiled.set(name, template)
    return template
  }
  return async (name, locals) => {
    if (!options.reload) return (await compileOnce(name))(locals)
    ejs.clearCache()
    return (await compile(join(folder, `${name}.ejs`), false))(locals)
  }
}

async function compile(filename: string, cache: boolean): Promise<TemplateFunction> {
  const source = await readFile(filename, 'utf8')
  return ejs.compile(source, { filename, cache })
}
