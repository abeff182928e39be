// Cuts the typefaces in the folder above from the packages' whole ones. Each is cut in two: the letters and marks that
// nearly every page needs, and the other Western ones, which a browser fetches when a page has one of them. What is
// east of that (Polish, Turkish, ...) comes straight from the packages, through fonts.json.
// Run it where the package subset-font is installed; it prints the unicode-range that newsstand.css must give each file.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import subsetFont from 'subset-font'

const require = createRequire(import.meta.url)

const spaces = '\u00a0\u2009\u202f'
const quotes = '–—‘’“”…'
const ascii = letters(0x20, 0x7e)
const western = `${letters(0xa0, 0xff)}${letters(0x2010, 0x2027)}${letters(0x2030, 0x203a)}ıŒœʻʼˆ˚˜€™←↑→↓−∕`
const plain = letters(0x41, 0x5a) + letters(0x61, 0x7a) + letters(0x30, 0x39)

// Text is never smaller than 18 pixels, so the drawings for smaller sizes can go.
await cut('newsreader', 'newsreader-latin-opsz-normal', 'newsreader', {
  core: `${ascii}${spaces}${quotes}•·×£€−§°½àáâäçèéêëíîïñóôöüßÉ`,
  axes: { opsz: { min: 18, max: 72 }, wght: { min: 400, max: 600 } },
})
await cut('newsreader', 'newsreader-latin-opsz-italic', 'newsreader-italic', {
  core: `${plain}${spaces}${quotes} .,;:!?-()&'éè`,
  axes: { opsz: 18, wght: 400 },
})
await cut('public-sans', 'public-sans-latin-wght-normal', 'public-sans', {
  core: `${ascii}${spaces}${quotes}•·×£€−←→àáäçèéêíñóöü`,
  axes: { wght: { min: 400, max: 650 } },
})

async function cut(family, source, target, { core, axes }) {
  const whole = readFileSync(require.resolve(`@fontsource-variable/${family}/files/${source}.woff2`))
  const more = [...(ascii + western)].filter((letter) => !core.includes(letter)).join('')
  for (const [part, text] of Object.entries({ core, more })) {
    const font = await subsetFont(whole, text, { targetFormat: 'woff2', variationAxes: axes })
    writeFileSync(new URL(`../${target}-${part}.woff2`, import.meta.url), font)
    console.log(`${target}-${part}.woff2, ${font.length} bytes\n  unicode-range: ${rangeOf(text)};`)
  }
}

function letters(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)).join('')
}

function rangeOf(text) {
  const points = [...new Set(text)].map((letter) => letter.codePointAt(0)).sort((a, b) => a - b)
  const ranges = []
  for (const point of points) {
    const last = ranges.at(-1)
    if (last && last[1] === point - 1) last[1] = point
    else ranges.push([point, point])
  }
  const hex = (point) => point.toString(16).toUpperCase().padStart(4, '0')
  return ranges.map(([from, to]) => `U+${hex(from)}${from === to ? '' : `-${hex(to)}`}`).join(', ')
}
