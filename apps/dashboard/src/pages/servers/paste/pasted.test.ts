import { readMcpConfig } from '@sallyport/catalog'
import { describe, expect, it } from 'vitest'
import {
  choicesFor,
  inputOf,
  isMissing,
  takenOf,
  tryOf,
  variablesOf,
  variablesToSet,
} from './pasted.ts'

const reading = readMcpConfig(
  JSON.stringify({
    mcpServers: {
      weather: { command: 'npx', args: ['-y', 'weather'], env: { TOKEN: '\u0024{WEATHER_TOKEN}' } },
      docs: { type: 'http', url: 'https://\u0024{DOCS_HOST:-docs.example.com}/mcp' },
      off: { command: 'x', disabled: true, env: { OTHER: '\u0024{OTHER}' } },
      broken: {},
    },
  }),
)
const choices = choicesFor(reading)
const none = new Set<string>()

describe('a configuration file that was pasted', () => {
  it('offers what can be taken and is on, and nothing that is there already', () => {
    const names = (known: ReadonlySet<string>, more = choices) =>
      takenOf(reading, more, known).map(({ key }) => key)
    expect(names(none)).toEqual(['weather', 'docs'])
    expect(names(new Set(['docs']))).toEqual(['weather'])
    expect(names(none, { ...choices, taken: { off: true, docs: false } })).toEqual([
      'weather',
      'off',
    ])
  })

  it('asks for what those servers refer to, unless the vault has a variable of the name', () => {
    const wanted = variablesOf(reading, takenOf(reading, choices, none))
    expect(wanted.map(({ name }) => name)).toEqual(['WEATHER_TOKEN', 'DOCS_HOST'])
    const missing = (existing: ReadonlySet<string>) =>
      wanted.filter((one) => isMissing(one, choices, existing)).map(({ name }) => name)
    expect(missing(none)).toEqual(['WEATHER_TOKEN'])
    expect(missing(new Set(['WEATHER_TOKEN']))).toEqual([])
  })

  it('keeps a sealed value as a variable, and writes it out only to try it', () => {
    const given = { ...choices.given, WEATHER_TOKEN: 'wt_0123456789' }
    const [weather, docs] = reading.servers
    if (weather === undefined || docs === undefined) throw new Error('They were not read.')
    const filled = { ...choices, given }
    expect(inputOf(weather, filled, reading).env).toEqual({ TOKEN: '\u0024{WEATHER_TOKEN}' })
    expect(tryOf(weather, filled).env).toEqual({ TOKEN: 'wt_0123456789' })
    expect(inputOf(docs, filled, reading).url).toBe('https://docs.example.com/mcp')
    const wanted = variablesOf(reading, [weather, docs])
    expect(variablesToSet(wanted, filled)).toEqual([
      { name: 'WEATHER_TOKEN', value: 'wt_0123456789' },
    ])
  })
})
