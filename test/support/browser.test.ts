import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { checkAccessibility, launchBrowser } from './browser.ts'

const good = `<!doctype html><html lang="en"><title>Good</title><meta name="viewport" content="width=device-width">
<main><h1>Good</h1><p>Text that can be read.</p></main></html>`
const bad = `<!doctype html><html><title>Bad</title><main><h1>Bad</h1><img src="/x.png">
<p style="color:#bbb;background:#fff">Too pale</p>
<button style="width:9px;height:9px;padding:0;border:0;position:absolute;top:99px;left:10px" aria-label="a"></button>
<button style="width:9px;height:9px;padding:0;border:0;position:absolute;top:99px;left:20px" aria-label="b"></button></main></html>`

const server = createServer((request, response) => {
  response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(request.url === '/bad' ? bad : good)
})
let origin = ''
let browser: Browser

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchBrowser()
})

after(async () => {
  await browser.close()
  server.close()
})

test('a page without faults passes, under a strict policy and in a real browser', async () => {
  const page = await browser.newPage()
  await page.goto(`${origin}/good`)
  assert.equal(await page.textContent('h1'), 'Good')
  await checkAccessibility(page)
})

test('each fault of a page is listed with its rule, element and remedy', async () => {
  const page = await browser.newPage()
  await page.goto(`${origin}/bad`)
  await assert.rejects(checkAccessibility(page), (error: Error) => {
    assert.equal(error.name, 'AssertionError')
    for (const rule of ['html-has-lang', 'image-alt', 'color-contrast', 'target-size']) {
      assert.match(error.message, new RegExp(`^ {2}${rule}: \\S+`, 'm'))
    }
    assert.match(error.message, /^ {4}img$/m)
    return true
  })
})

test('two browsers start at once', async () => {
  const both = await Promise.all([launchBrowser(), launchBrowser()])
  assert.equal(both.filter((one) => one.isConnected()).length, 2)
  await Promise.all(both.map((one) => one.close()))
})
