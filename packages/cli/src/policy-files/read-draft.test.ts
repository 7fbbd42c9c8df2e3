import { describe, expect, it } from 'vitest'
import { readDraft } from './read-draft.ts'

const one = 'agent: mail bot\nconnection: My mail\nallow: []\napproval: never\n'
const several = `policies:\n  - {agent: a, connection: x, allow: []}\n  - {agent: b, connection: x, allow: [], approval: always}\n`

describe('a draft in a file', () => {
  it('is a document, one policy of a file, or the one that is meant', () => {
    expect(readDraft('f', 'allow: []', {})).toEqual({ document: { allow: [] } })
    expect(readDraft('f', '{"allow":[]}', {})).toEqual({ document: { allow: [] } })
    expect(readDraft('f', one, {})).toEqual({
      ...{ agent: 'mail bot', connection: 'My mail', document: { allow: [], approval: 'never' } },
    })
    expect(readDraft('f', several, { agent: 'b' })).toMatchObject({ agent: 'b', connection: 'x' })
  })

  it('is refused in a sentence where there is none, or more than one', () => {
    for (const [text, wanted] of [
      ['{', {}],
      ['', {}],
      ['[]', {}],
      ['text', {}],
      ['policies: []', {}],
      [several, {}],
      [several, { agent: 'c' }],
      [several, { connection: 'x' }],
    ] as const) {
      expect(() => readDraft('f.yaml', text, wanted), text).toThrow(/^f\.yaml (holds|is)/)
    }
  })
})
