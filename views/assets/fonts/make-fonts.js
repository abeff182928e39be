// Makes the three core fonts beside this folder from the packages' full ones: the letters that Western pages use all
// the time, the weights in use, and for the serif its optical sizes. Everything else comes from the packages, through
// fonts.json, when a page needs it. Run it where the package subset-font is installed, and after each change of these
// lists bring the unicode-range of newsstand.css in line: node make-fonts.js
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import subsetFont from 'subset-font'

const require = createRequire(import.meta.url)
const ascii = letters(0x20, 0x7e).join('')
const marks = '\u00a0\u2009\u202f§©«°±²³·»¼½¾×£–—‘’“”„…•′″‹›€−←→'
const accented = 'ÁÄÅÇÉÖØÜßàáâãäåæçèéêëíîïñóôöøúü'
const core = ascii + marks + accented

// Text is never smaller than 18 pixels, so the drawings for smaller sizes can go.
await make('newsreader', 'newsreader-latin-opsz-normal', 'newsreader-core', {
  opsz: { min: 18, max: 72 },
  wght: { min: 400, max: 600 },
})
await make('newsreader', 'newsreader-latin-opsz-italic', 'newsreader-italic-core', { opsz: 18, wght: 400 })
await make('public-sans', 'public-sans-latin-wght-normal', 'public-sans-core', {
  wght: { min: 400, max: 650 },
})

// What the packages' own Latin files still have to give.
const latin = [...letters(0xa0, 0xff), ...letters(0x2000, 0x206f), ...'\u0131Œœʻʼˆ˚˜™↑↓−∕'].join('')
const rest = [...latin].filter((letter) => !core.includes(letter)).join('')
console.log(`core unicode-range: ${rangeOf(core)};\nrest unicode-range: ${rangeOf(rest)};`)

function letters(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))
}

async function make(family, source, target, variationAxes) {
  const full = readFileSync(require.resolve(`@fontsource-variable/${family}/files/${source}.woff2`))
  const font = await subsetFont(full, core, { targetFormat: 'woff2', variationAxes })
  writeFileSync(new URL(`../${target}.woff2`, import.meta.url), font)
  console.log(target, full.length, '->', font.length)
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
  return ranges.map(([from, to]) => `U+${hex(from)}${from === to ? '' : `-${hex(to)}`}`).join(',')
}
