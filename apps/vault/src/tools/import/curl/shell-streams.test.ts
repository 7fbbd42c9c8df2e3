import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { importCurl } from './import-curl.ts'
import { readShellWords } from './shell-words.ts'

const read = (text: string) => readShellWords(text).map(({ words, input }) => ({ words, input }))
const refusalOf = (text: string): string => {
  try {
    readShellWords(text)
    return ''
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.detail
    throw thrown
  }
}
const curl = (words: readonly string[]) => ['curl', ...words]

describe('what stands around a command', () => {
  it.each([
    'curl -s https://a.example/x | jq -r ".items[] | .name"',
    "curl -s https://a.example/x |\n  jq '.a; .b' | tee out.json",
    'curl -s https://a.example/x > out.json',
    'curl -s https://a.example/x>out.json 2>&1',
    'curl -s https://a.example/x 2>/dev/null >> "out file"',
    'curl -s https://a.example/x &> /dev/null | less # look',
  ])('is left out where it is what becomes of the answer: %s', (text) => {
    const [command, ...others] = readShellWords(text)
    expect(command?.words).toEqual(curl(['-s', 'https://a.example/x']))
    expect(command?.notes?.join(' ')).toMatch(/left out/)
    expect(others).toEqual([])
  })

  it('is read where it is the text that the command is given', () => {
    const send = curl(['-d', '@-', 'https://a.example'])
    expect(read('curl -d @- https://a.example <<\'EOF\' | jq .\n{"a": "$B"}\nEOF\n')).toEqual([
      { words: send, input: '{"a": "$B"}\n' },
    ])
    expect(
      read('B=2\ncurl -d @- https://a.example <<-EOF\n\t\t{"a": $B, \\$c}\n\tEOF\ncurl b'),
    ).toEqual([
      { words: send, input: '{"a": 2, $c}\n' },
      { words: curl(['b']), input: undefined },
    ])
    expect(read('curl -d @- https://a.example <<<"one line"')).toEqual([
      { words: send, input: 'one line\n' },
    ])
  })

  it('becomes the body, as curl sends it', () => {
    const { tools, notes } = importCurl({
      document:
        'curl -X POST https://a.example/x --json @- <<EOF | jq .\n{"name": "x", "size": 2}\nEOF\n',
    })
    expect(tools).toMatchObject([
      { definition: { binding: { method: 'POST', body: { kind: 'json' } } } },
    ])
    expect(JSON.stringify(tools)).toContain('size')
    expect(notes.join(' ')).toMatch(/left out/)
  })

  it('is an argument where documentation writes <name>', () => {
    const { tools } = importCurl({ document: 'curl https://a.example/x/<item-id>/y | jq' })
    expect(tools).toMatchObject([
      { definition: { inputSchema: { properties: { item_id: {} }, required: ['item_id'] } } },
    ])
  })

  it('is refused where only a shell could do it', () => {
    verifies('S-41')
    expect(refusalOf('curl https://a.example < body.json')).toMatch(/reads from a file/)
    expect(refusalOf('curl https://a.example -d @- <<EOF\n{}')).toMatch(/does not end/)
    expect(refusalOf('curl https://a.example || true')).toMatch(/\|\|/)
    expect(refusalOf('curl https://a.example | jq . && curl https://b.example')).toMatch(/pipe/)
    expect(refusalOf('curl https://a.example | jq . ; rm x')).toMatch(/pipe/)
    expect(refusalOf('curl -d @- https://a.example <<EOF\n$(id)\nEOF')).toMatch(/another command/)
    expect(refusalOf('curl https://a.example >')).toMatch(/nowhere/)
  })
})
