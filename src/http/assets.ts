import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type RequestHandler, Router } from 'express'
import { NotFound } from '../errors.ts'

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

interface Asset {
  type: string
  body: Buffer
  /** null where packing gains nothing (fonts, pictures). */
  gzip: Buffer | null
  hash: string
}

export interface Assets {
  /** The address of `views/assets/<name>`, with the hash of its content. Throws for a name that is not there. */
  url: (name: string) => string
  router: RequestHandler
}

/** The files of `folder`, and the fonts that its fonts.json names in packages, read once: a few files of some kilobytes. */
export function openAssets(folder: string): Assets {
  const assets = readAssets(folder)
  const url = (name: string) => {
    const asset = assets.get(name)
    if (!asset) throw new Error(`there is no asset ${name}`)
    return `/assets/${name}?v=${asset.hash}`
  }
  return { url, router: serveAssets(assets) }
}

function readAssets(folder: string): Map<string, Asset> {
  const require = createRequire(import.meta.url)
  const names = readdirSync(folder).filter((name) => extname(name) in types)
  const fonts: Record<string, string> = JSON.parse(readFileSync(join(folder, 'fonts.json'), 'utf8'))
  return new Map([
    ...names.map((name) => [name, toAsset(name, readFileSync(join(folder, name)))] as const),
    ...Object.entries(fonts).map(([name, module]) => {
      return [`fonts/${name}`, toAsset(name, readFileSync(require.resolve(module)))] as const
    }),
  ])
}

function toAsset(name: string, body: Buffer): Asset {
  const type = types[extname(name)] ?? 'application/octet-stream'
  const gzip = /^text|svg/.test(type) ? gzipSync(body, { level: 9 }) : null
  return { type, body, gzip, hash: createHash('sha256').update(body).digest('base64url').slice(0, 12) }
}

function serveAssets(assets: Map<string, Asset>): RequestHandler {
  const router = Router()
  router.get('/assets/*name', (req, res) => {
    const asset = assets.get(Array.isArray(req.params.name) ? req.params.name.join('/') : '')
    if (!asset) throw new NotFound()
    // A font is asked for by the style sheet without its hash; its name changes when it does.
    const forever = req.query.v === asset.hash || asset.type === 'font/woff2'
    res.set('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'public, max-age=300')
    res.set('ETag', `"${asset.hash}"`).type(asset.type)
    const zipped = asset.gzip && req.acceptsEncodings('gzip') ? asset.gzip : null
    if (asset.gzip) res.vary('Accept-Encoding')
    if (zipped) res.set('Content-Encoding', 'gzip')
    if (req.fresh) return void res.status(304).end()
    res.end(zipped ?? asset.body)
  })
  return router
}
