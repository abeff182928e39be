import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tagSlug } from '../../src/articles/article.ts'
import { composeText } from '../../src/articles/compose-article.ts'

const five = ['One.', 'Two.', 'Three.', 'Four.', 'Five.'].join('\n\n')

describe("an article's text", () => {
  it('is cut at the mark', () => {
    const text = composeText('One.\n\n<!-- more -->\n\nTwo.', null)
    assert.equal(text.previewHtml, '<p>One.</p>\n')
    assert.equal(text.bodyHtml, '<p>One.</p>\n<p>Two.</p>\n')
    assert.equal(text.previewText, 'One.')
  })

  it('is cut after the paragraphs that the article says, or two', () => {
    assert.equal(composeText(five, 3).previewText, 'One.\nTwo.\nThree.')
    assert.equal(composeText(five, null).previewText, 'One.\nTwo.')
  })

  it('always keeps its last block back', () => {
    assert.equal(composeText(five, 99).previewText, 'One.\nTwo.\nThree.\nFour.')
    assert.equal(composeText('Only one.', 2).previewText, '')
  })

  it('counts paragraphs alone, and takes what stands between them', () => {
    assert.match(composeText('One.\n\n## Head\n\nTwo.\n\nThree.', 2).previewText, /One\.\nHead\nTwo\./)
  })

  it('lets no markup of an author through', () => {
    const { bodyHtml } = composeText(
      '<script>alert(1)</script>\n\n[x](javascript:alert(1)) <b onclick="x">y</b>',
      null,
    )
    assert.doesNotMatch(bodyHtml, /<script|<b|href="javascript/)
  })

  it('lowers a first-level heading, since the page has one', () => {
    assert.match(composeText('# Head\n\nText.', null).bodyHtml, /<h2>Head<\/h2>/)
  })

  it('reads at 230 words a minute, at least one', () => {
    assert.equal(composeText('Short.', null).readingMinutes, 1)
    assert.equal(composeText('word '.repeat(690), null).readingMinutes, 3)
  })

  it('has tags for addresses', () => {
    assert.equal(tagSlug('Middle East'), 'middle-east')
    assert.equal(tagSlug('Économie & Société'), 'economie-societe')
  })
})
