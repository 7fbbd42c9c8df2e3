import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { writeLargeDocument } from '../../../../../test/corpus/openapi/large-document.ts'
import { sampleArguments } from '../../../../../test/fixtures/sample-arguments.ts'
import { freezeCall } from '../../../../../test/fixtures/tool-calls.ts'
import { importOpenApi } from '../import/openapi/import-openapi.ts'

const folder = new URL('../../../../../test/corpus/openapi/', import.meta.url)
const names = readdirSync(folder).filter((name) => /\.(?:ya?ml|json)$/.test(name))

/** Operations whose schemas hold tuples, negations and conditions: no sample is made for those. */
const notSampled: ReadonlySet<string> = new Set(['schemas-3.1.yaml POST /values'])

/** Makes the requests of tools of a document, with what they need and with all they take; answers how many. */
function callTools(document: string, isCalled: (key: string, at: number) => boolean): number {
  const server = 'https://api.example.com/v1'
  let called = 0
  for (const [at, tool] of importOpenApi({ document, server }).tools.entries()) {
    if (tool.outcome === 'refused' || !isCalled(tool.definition.key, at)) continue
    const { key, inputSchema, binding } = tool.definition
    for (const which of ['required', 'all'] as const) {
      const args = sampleArguments(inputSchema, which)
      const frozen = freezeCall(tool.definition, args, { allowEncodedSlash: true })
      expect(frozen.url.startsWith(`${binding.origin}/`), key).toBe(true)
      expect(frozen.droppedHeaders, key).toEqual([])
    }
    called += 1
  }
  return called
}

describe('tools of documents as vendors write them', () => {
  it.each(names)('make a request with what they need and with all they take: %s', (name) => {
    const document = readFileSync(new URL(name, folder), 'utf8')
    callTools(document, (key) => !notSampled.has(`${name} ${key}`))
  })

  it('and so do those of a large document', () => {
    const document = writeLargeDocument({ resources: 40 })
    expect(callTools(document, (_, at) => at % 25 === 0)).toBe(10)
  })
})
