import type { ReadVariable } from '@sallyport/catalog'
import { describe, expect, it } from 'vitest'
import type { Terminal } from '../terminal.ts'
import { askVariables, type VariableSources } from './ask-variables.ts'

const variable = (name: string, more: Partial<ReadVariable> = {}): ReadVariable => ({
  ...{ name, kind: 'sealed', usedBy: ['a: env.X'], ...more },
})
/** A terminal that answers each question with what was typed for it, and fails for others. */
function typing(secrets: readonly string[]): Terminal {
  const left = [...secrets]
  return {
    ...{ json: false, interactive: false, answer: () => {}, note: () => {}, step: () => {} },
    ask: (question, given) =>
      given?.default === undefined
        ? Promise.reject(new Error(`${question}: ${given?.option}`))
        : Promise.resolve(given.default),
    askSecret: (question) =>
      left.length > 0 ? Promise.resolve(left.shift() ?? '') : Promise.reject(new Error(question)),
    askNewPassword: () => Promise.reject(new Error('a password')),
    choose: () => Promise.reject(new Error('a choice')),
  }
}
const sources = (more: Partial<VariableSources> = {}): VariableSources => ({
  ...{ terminal: typing([]), environment: { TOKEN: 'of-the-shell', EMPTY: '' } },
  ...{ fromEnvironment: new Set(), given: new Map(), kept: new Set(), ...more },
})

describe('what servers of a file refer to', () => {
  it('is asked for, and never taken from the environment unless somebody names it', async () => {
    const asked = await askVariables([variable('TOKEN')], sources({ terminal: typing(['typed']) }))
    expect([...asked.sealed]).toEqual([['TOKEN', 'typed']])
    await expect(askVariables([variable('TOKEN')], sources())).rejects.toThrow('TOKEN')
    const named = await askVariables(
      [variable('TOKEN')],
      sources({ fromEnvironment: new Set(['TOKEN']) }),
    )
    expect([...named.sealed]).toEqual([['TOKEN', 'of-the-shell']])
    const empty = sources({ fromEnvironment: new Set(['EMPTY']) })
    await expect(askVariables([variable('EMPTY')], empty)).rejects.toThrow('no such variable')
  })

  it('is used as it is where the vault has it already, and said so', async () => {
    const asked = await askVariables([variable('TOKEN')], sources({ kept: new Set(['TOKEN']) }))
    expect([[...asked.sealed], asked.reused]).toEqual([[], ['TOKEN']])
  })

  it('is what the file proposes where nobody can be asked, and nothing where that is nothing', async () => {
    const asked = await askVariables(
      [
        variable('A', { proposal: 'x' }),
        variable('B', { proposal: '' }),
        variable('C', { kind: 'plain', proposal: 'https://c.test' }),
      ],
      sources(),
    )
    expect([...asked.sealed]).toEqual([['A', 'x']])
    expect([...asked.plain]).toEqual([
      ['B', ''],
      ['C', 'https://c.test'],
    ])
  })

  it('is no argument where it is sealed, and has to be known where it is one', async () => {
    const given = new Map([['TOKEN', 'x']])
    await expect(askVariables([variable('TOKEN')], sources({ given }))).rejects.toThrow(
      'never an argument',
    )
    const plain = variable('TOKEN', { kind: 'plain' })
    expect([...(await askVariables([plain], sources({ given }))).plain]).toEqual([['TOKEN', 'x']])
    await expect(askVariables([plain], sources())).rejects.toThrow('--variable TOKEN=…')
    await expect(askVariables([], sources({ given }))).rejects.toThrow('refers to it')
    const named = sources({ fromEnvironment: new Set(['OTHER']) })
    await expect(askVariables([plain], named)).rejects.toThrow('--from-env OTHER')
  })
})
