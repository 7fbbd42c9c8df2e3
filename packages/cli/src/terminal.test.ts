import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../test/verifies.ts'
import { createTerminal, printable, type Streams, shellWord, table } from './terminal.ts'

/** Streams that are no terminals, and what was written to them. */
function pipes() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const streams = { stdin, stdout, stderr } as unknown as Streams
  return {
    stdin,
    streams,
    said: () => String(stdout.read() ?? ''),
    noted: () => String(stderr.read() ?? ''),
  }
}

describe('many steps', () => {
  it('are the first and every tenth where nobody looks on', () => {
    const { streams, noted } = pipes()
    const terminal = createTerminal(streams, { json: false })
    for (let at = 1; at <= 25; at += 1) terminal.step(`step ${at} …`)
    expect(noted()).toBe('step 1 …\nstep 11 …\nstep 21 …\n')
  })

  it('take each other’s place on a terminal, and leave nothing before what is said next', () => {
    const { streams, noted } = pipes()
    Object.assign(streams.stderr, { isTTY: true })
    const terminal = createTerminal(streams, { json: false })
    terminal.step('one …')
    terminal.step('\u202etwo …')
    terminal.note('Done.')
    const clear = '\r\u001b[K'
    expect(noted()).toBe(`${clear}one …${clear}\\u{202e}two …${clear}Done.\n`)
  })
})

describe('a secret on stdin', () => {
  it('is one line, and the next secret the next one, however it arrives', async () => {
    const { stdin, streams } = pipes()
    const terminal = createTerminal(streams, { json: false })
    for (const piece of ['on', 'e\r\ntw', 'o words\nthr', 'ee']) stdin.write(piece)
    stdin.end()
    expect(await terminal.askSecret('First')).toBe('one')
    expect(await terminal.askSecret('Second')).toBe('two words')
    expect(await terminal.askNewPassword(12)).toBe('three')
  })

  it('is missed in one sentence where nothing comes', async () => {
    const { stdin, streams } = pipes()
    stdin.end()
    const asked = createTerminal(streams, { json: false }).askSecret('Token')
    await expect(asked).rejects.toThrow('Token: nothing came on stdin.')
  })

  it('is refused where it never ends', async () => {
    const { stdin, streams } = pipes()
    stdin.write('x'.repeat(70_000))
    const asked = createTerminal(streams, { json: false }).askSecret('Token')
    await expect(asked).rejects.toThrow('stdin is too long')
  })

  it('is never shown', async () => {
    const { stdin, streams, said, noted } = pipes()
    stdin.end('very-secret-token\n')
    await createTerminal(streams, { json: false }).askSecret('Token')
    expect(said() + noted()).not.toContain('very-secret')
  })
})

describe('a question where nobody can be asked', () => {
  it('has its default, or names the option that answers it', async () => {
    const terminal = createTerminal(pipes().streams, { json: false })
    expect(await terminal.ask('Label', { default: 'x' })).toBe('x')
    await expect(terminal.ask('Label', { option: '--label' })).rejects.toThrow('use --label')
  })
})

describe('an answer', () => {
  it('is text for people and JSON with --json, on stdout; notes are on stderr', () => {
    for (const json of [false, true]) {
      const { streams, said, noted } = pipes()
      const terminal = createTerminal(streams, { json })
      terminal.note('note')
      terminal.answer({ a: 1 }, 'one')
      expect(said()).toBe(json ? '{\n  "a": 1\n}\n' : 'one\n')
      expect(noted()).toBe('note\n')
    }
  })
})

describe('an answer that holds what somebody else wrote', () => {
  it('steers no terminal, as text or as JSON, and JSON loses nothing by it', () => {
    verifies('S-28')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, json) => {
        const { streams, said, noted } = pipes()
        const terminal = createTerminal(streams, { json })
        terminal.note(text)
        terminal.answer({ text }, text)
        const printed = said()
        expect(printed + noted()).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u)
        if (json) expect(JSON.parse(printed)).toEqual({ text })
      }),
    )
  })
})

describe('a table', () => {
  it('keeps its columns, whatever an agent calls itself', () => {
    const text = table(
      ['name', 'id'],
      [
        ['a\u001b[2J\nb\u202e', '1'],
        ['longer', '2'],
      ],
    )
    expect(text.split('\n')).toHaveLength(3)
    expect(text).not.toContain('\u001b')
    expect(new Set(text.split('\n').map((line) => line.search(/\S+$/)))).toHaveProperty('size', 1)
  })

  it('says where there is nothing', () => {
    expect(table(['name'], [])).toBe('(none)')
  })
})

describe('what is shown', () => {
  it('steers no terminal', () => {
    expect(printable('a\u0007b\u009bc\u200d')).toBe('a\\u{7}b\\u{9b}c\\u{200d}')
  })

  it.each([
    ['Gmail', 'Gmail'],
    ['my API', "'my API'"],
    ["it's $HOME", "'it'\\''s $HOME'"],
    ['', "''"],
  ])('as a word of a command is %j quoted for a shell', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted)
  })
})
