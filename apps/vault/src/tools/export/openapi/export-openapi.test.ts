import { readdirSync, readFileSync } from 'node:fs'
import type { HttpToolDefinition } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createDocumentImporter } from '../../import/import-document.ts'
import { importOpenApi } from '../../import/openapi/import-openapi.ts'
import { exportOpenApi } from './export-openapi.ts'

const folder = new URL('../../../../../../test/corpus/openapi/', import.meta.url)
const corpus = readdirSync(folder)
  .filter((file) => /\.(?:json|yaml)$/.test(file))
  .map((file) => ({ file, document: readFileSync(new URL(file, folder), 'utf8') }))

const unused = () => {
  throw new Error('the document was taken for another kind')
}
const importDocument = createDocumentImporter({
  importers: { openapi: importOpenApi, curl: unused, higress: unused, 'genai-toolbox': unused },
})
const definitionsIn = (document: string, server?: string): readonly HttpToolDefinition[] =>
  importDocument({ document, server }).tools.flatMap((tool) =>
    tool.outcome === 'refused' ? [] : [tool.definition],
  )
const write = (tools: readonly HttpToolDefinition[]) =>
  exportOpenApi({ name: 'things', version: 3, description: 'Some', tools })

describe('a toolset written as OpenAPI', () => {
  it.each(corpus)('$file sends the same requests when it is imported again', ({ document }) => {
    const server =
      importDocument({ document }).origins.length === 0 ? 'https://given.example.com' : undefined
    const before = definitionsIn(document, server)
    const { document: written, notes } = write(before)
    const left = before.filter(({ name }) => !notes.some((note) => note.startsWith(`${name}`)))
    const after = new Map(definitionsIn(written).map((definition) => [definition.name, definition]))
    expect(left.length).toBeGreaterThan(before.length / 2)
    for (const { name, binding, inputSchema, description, annotations } of left) {
      const again = after.get(name)
      expect(again?.binding, name).toEqual(binding)
      expect(again?.inputSchema, name).toEqual(inputSchema)
      expect(again).toMatchObject({ description, annotations })
    }
  })

  it('names what OpenAPI has no words for', () => {
    const [tool] = definitionsIn(
      corpus.find(({ file }) => file === 'telephony.yaml')?.document ?? '',
    )
    if (tool === undefined) throw new Error('no tool')
    const { binding } = tool
    const templated = {
      ...tool,
      name: 'templated',
      binding: { ...binding, path: [{ text: '/' }, { template: '{{.args.a}}' }] },
    }
    const shaped = {
      ...tool,
      name: 'shaped',
      binding: { ...binding, response: { body: '{{.a}}' } },
    }
    const { notes, document } = write([
      tool,
      { ...tool, name: 'again' },
      templated,
      { ...shaped, binding: { ...shaped.binding, method: 'PUT' } },
    ])
    expect(notes.join('\n')).toMatch(
      /templated is left out.*\n.*shaped: What its template.*\n.*told apart by what stands behind #/,
    )
    expect(definitionsIn(document).map(({ name }) => name)).toContain('again')
    expect(JSON.parse(document)).toMatchObject({
      openapi: '3.1.1',
      info: { title: 'things', version: '3' },
    })
  })

  it('keeps members of different tools apart, though they have one name', () => {
    const tools = ['a', 'b'].map(
      (name): HttpToolDefinition => ({
        name,
        description: name,
        key: `POST /${name}`,
        annotations: {},
        inputSchema: {
          type: 'object',
          properties: { body: { $ref: '#/$defs/Node' } },
          additionalProperties: false,
          $defs: { Node: { type: 'object', properties: { [name]: { $ref: '#/$defs/Node' } } } },
        },
        binding: {
          kind: 'http',
          method: 'POST',
          origin: 'https://a.example.com',
          path: [{ text: `/${name}` }],
          query: [],
          headers: [],
          cookies: [],
          credential: 'connection',
          body: { kind: 'json', contentType: 'application/json', from: { argument: ['body'] } },
        },
      }),
    )
    const again = definitionsIn(write(tools).document)
    expect(
      again.map(({ inputSchema }) => Object.values(inputSchema.$defs as object)[0]),
    ).toMatchObject([{ properties: { a: {} } }, { properties: { b: {} } }])
  })
})
