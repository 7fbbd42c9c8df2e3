import { readdirSync, readFileSync } from 'node:fs'
import { HttpBinding, type HttpToolDefinition, Problem } from '@sallyport/contracts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeLargeDocument } from '../../../../../../test/corpus/openapi/large-document.ts'
import { verifies } from '../../../../../../test/verifies.ts'
import { compileTool } from '../../request/compile-tool.ts'
import { createDocumentImporter } from '../import-document.ts'
import type { ImportedTool, ImportInput } from '../imported-toolset.ts'
import { readDocument } from '../read-document.ts'
import { importOpenApi } from './import-openapi.ts'

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
// Patterns are read by another engine; what of them is left has been read by it.
const anyPattern = Object.assign(() => ({ test: () => true, toString: () => '' }), { code: '' })
const ajv = new Ajv2020({ strict: false, validateFormats: false, code: { regExp: anyPattern } })

const definitionsOf = (tools: readonly ImportedTool[]): readonly HttpToolDefinition[] =>
  tools.flatMap((tool) => (tool.outcome === 'refused' ? [] : [tool.definition]))

function read(file: string, choices: Partial<ImportInput> = {}) {
  const found = corpus.find((one) => one.file === file)
  if (found === undefined) throw new Error(`there is no ${file}`)
  const imported = importDocument({ document: found.document, ...choices })
  const tool = (key: string): ImportedTool => {
    const one = imported.tools.find((each) => keyOf(each) === key)
    if (one === undefined) throw new Error(`there is no ${key}`)
    return one
  }
  const definition = (key: string): HttpToolDefinition => {
    const one = tool(key)
    if (one.outcome === 'refused') throw new Error(`${key}: ${one.reason}`)
    return one.definition
  }
  return { ...imported, tool, definition }
}
const keyOf = (tool: ImportedTool) => (tool.outcome === 'refused' ? tool.key : tool.definition.key)
const propertiesOf = (definition: HttpToolDefinition) =>
  definition.inputSchema.properties as Record<string, Record<string, unknown>>
const bodyOf = (definition: HttpToolDefinition) =>
  propertiesOf(definition).body?.properties as Record<string, Record<string, unknown>>
const reasonOf = (tool: ImportedTool) => `${tool.outcome}: ${tool.reason ?? ''}`

describe('any document of the corpus', () => {
  it.each(corpus)('$file becomes tools whose schemas and bindings hold', ({ document }) => {
    verifies('S-41')
    const imported = importDocument({ document })
    expect(imported.tools.length).toBeGreaterThan(0)
    for (const tool of imported.tools) {
      if (tool.outcome !== 'taken') expect(tool.reason).toMatch(/^[A-Z].*\.$/s)
    }
    const definitions = definitionsOf(imported.tools)
    expect(new Set(definitions.map(({ name }) => name.toLowerCase())).size).toBe(definitions.length)
    for (const { inputSchema, outputSchema, binding, key } of definitions) {
      expect(() => ajv.compile(inputSchema), key).not.toThrow()
      if (outputSchema !== undefined) expect(() => ajv.compile(outputSchema), key).not.toThrow()
      expect(HttpBinding.parse(binding)).toEqual(binding)
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    }
  })

  it.each(corpus)('$file leaves no secret of its own in a tool', ({ document }) => {
    const { tools, secrets, title, description } = importDocument({ document })
    const text = JSON.stringify([definitionsOf(tools), title, description])
    for (const { value } of secrets) expect(text).not.toContain(value)
  })

  it.each(corpus)('$file makes the same tools each time', ({ document }) => {
    expect(importDocument({ document })).toEqual(importDocument({ document }))
  })
})

describe('names and keys', () => {
  it('come from operationId made safe, else from method and path, each its own', () => {
    const { tools } = read('sloppy.json')
    const names = Object.fromEntries(definitionsOf(tools).map(({ key, name }) => [key, name]))
    expect(names['GET /no-id/{a}/b']).toBe('get_no_id_a_b')
    expect(names['GET /twice']).toBe('twice')
    expect(names['POST /twice']).toBe('twice_3')
    expect(names['DELETE /twice']).toBe('twice_2')
    expect(names['GET /greedy/{proxy+}']).toMatch(/^t_1_greedy_a_name.*_[0-9a-f]{6}$/)
    expect(names['POST /bad-schemas']).toBe('proto')
    expect(read('repositories.yaml').definition('POST /markdown/raw').name).toBe(
      'markdown_render-raw',
    )
  })

  it('keep each argument apart, whatever places share a name', () => {
    const definition = read('styles.yaml').definition('GET /clash/{id}')
    expect(Object.keys(propertiesOf(definition))).toEqual([
      ...[
        'id',
        'id_query',
        'body_query',
        'filter_id',
        'filter_id_query',
        '名前'.normalize('NFKC') && 'argument',
      ],
      ...['id_header', 'id_cookie'],
    ])
    expect(definition.binding.query.map(({ name }) => name)).toEqual([
      ...['id', 'body', 'filter[id]', 'filter_id', '名前'],
    ])
  })
})

describe('what an operation sends', () => {
  it('is its path in canonical pieces, with the base of the server before it', () => {
    const { definition } = read('styles.yaml')
    expect(definition('GET /report.{format}/{from}-{to}:run').binding.path).toEqual([
      { text: '/base/report.' },
      { argument: ['format'], explode: false, style: 'simple' },
      { text: '/' },
      { argument: ['from'], explode: false, style: 'simple' },
      { text: '-' },
      { argument: ['to'], explode: false, style: 'simple' },
      { text: ':run' },
    ])
    expect(read('sloppy.json').definition('GET /spaces in path/ünï').binding.path).toEqual([
      { text: '/spaces%20in%20path/%C3%BCn%C3%AF' },
    ])
    expect(definition('GET /fixed?kind=all&flag').binding.query).toEqual([
      { name: 'kind', value: 'all' },
      { name: 'flag', value: '' },
    ])
  })

  it('is constant where a required parameter has one value, and no argument then', () => {
    const { definition } = read('styles.yaml')
    const query = definition('GET /query')
    expect(query.binding.query).toContainEqual({ name: 'version', value: '2026-01-01' })
    expect(propertiesOf(query).version).toBe(undefined)
    expect(definition('GET /headers').binding.headers).toContainEqual({
      name: 'X-Version',
      value: 'v7',
    })
    expect(definition('GET /cookies').binding.cookies).toContainEqual({
      name: 'theme',
      value: 'dark',
    })
  })

  it('leaves out headers that OpenAPI ignores or the vault never passes, and refuses where they are needed', () => {
    const { tool, definition } = read('styles.yaml')
    const names = definition('GET /headers').binding.headers.map(({ name }) => name.toLowerCase())
    for (const name of ['accept', 'authorization', 'x-forwarded-for'])
      expect(names).not.toContain(name)
    expect(reasonOf(tool('GET /headers'))).toMatch(
      /^changed: .*Accept.*Authorization.*X-Forwarded-For/,
    )
    // What whoever sends a request writes of it is asked of nobody.
    expect(reasonOf(tool('DELETE /headers'))).toMatch(/^changed: .*Host.*writes this header itself/)
    expect(reasonOf(tool('PATCH /headers'))).toMatch(/^refused: .*X-HTTP-Method-Override/)
  })

  it('follows collectionFormat of Swagger 2.0', () => {
    const { query } = read('pets-2.0.yaml').definition('GET /pet/findByStatus').binding
    const how = Object.fromEntries(query.map((item) => [item.name, item]))
    expect(how.status).toMatchObject({ style: 'form', explode: true })
    expect(how.commas).toMatchObject({ style: 'form', explode: false })
    expect(how.unsaid).toMatchObject({ style: 'form', explode: false })
    expect(how.spaces).toMatchObject({ style: 'spaceDelimited', explode: false })
    expect(how.pipes).toMatchObject({ style: 'pipeDelimited', explode: false })
    expect(how.tabs).toHaveProperty('template')
  })

  it('prefers JSON, then forms, multipart, text and bytes', () => {
    const kind = (file: string, key: string) => read(file).definition(key).binding.body?.kind
    expect(kind('pets-3.0.yaml', 'PUT /pet')).toBe('json')
    expect(kind('pets-2.0.yaml', 'POST /pet/{petId}')).toBe('form')
    expect(kind('pets-2.0.yaml', 'POST /pet/{petId}/image')).toBe('multipart')
    expect(kind('repositories.yaml', 'POST /markdown/raw')).toBe('raw')
    expect(kind('bodies.yaml', 'PUT /binary')).toBe('raw')
    expect(kind('bodies.yaml', 'PUT /anything')).toBe('json')
    const patch = read('cluster-2.0.yaml').definition(
      'PATCH /api/v1/namespaces/{namespace}/pods/{name}',
    )
    expect(patch.binding.body).toMatchObject({ contentType: 'application/merge-patch+json' })
  })

  it('writes forms as their encoding says', () => {
    const { body } = read('payments-forms.yaml').definition('POST /v1/customers').binding
    if (body?.kind !== 'form') throw new Error('no form')
    const how = Object.fromEntries(body.fields.map((field) => [field.name, field]))
    expect(how.address).toMatchObject({ style: 'deepObject', argument: ['body', 'address'] })
    expect(how.metadata).toMatchObject({ style: 'deepObject' })
    expect(how.plain).toMatchObject({ contentType: 'application/json' })
    expect(body.rest).toBe(undefined)
    const open = read('bodies.yaml').definition('POST /open-form').binding.body
    expect(open).toMatchObject({ kind: 'form', fields: [], rest: { argument: ['body'] } })
    const multipart = read('bodies.yaml').definition('POST /multipart').binding.body
    expect(multipart).toMatchObject({
      fields: [
        { name: 'title' },
        { name: 'file', file: true },
        { name: 'pictures', file: true, contentType: 'image/png, image/jpeg' },
        { name: 'meta', contentType: 'application/json' },
      ],
    })
  })

  it('goes to the server of the operation, of its path, or of the document', () => {
    const telephony = read('telephony.yaml')
    const key = 'GET /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json'
    expect(telephony.definition(key).binding.origin).toBe('https://messages.telephony.example.com')
    expect(telephony.origins).toEqual([
      ...['https://api.telephony.example.com', 'https://messages.telephony.example.com'],
    ])
  })
})

describe('servers', () => {
  it('take their variables from the owner, else their defaults', () => {
    expect(read('observability.yaml').origins).toEqual(['https://api.obs.example.com'])
    const chosen = read('observability.yaml', { variables: { site: 'obs.example.eu' } })
    expect(chosen.origins).toEqual(['https://api.obs.example.eu'])
    const path = { text: '/beta/shared' }
    const beta = read('schemas-3.1.yaml', { variables: { stage: 'beta' } })
    expect(beta.definition('GET /shared').binding.path).toEqual([path])
  })

  it('refuse variables and URLs that cannot be', () => {
    const tries: Partial<ImportInput>[] = [
      { variables: { site: 'evil.example.com' } },
      { variables: { sight: 'obs.example.eu' } },
      { server: 'ftp://obs.example.com' },
      { server: 'https://user:pass@obs.example.com' },
      { server: 'https://obs.example.com/?a=b' },
      { server: 'https://obs.example.com/../x' },
      { variables: { subdomain: 'a/../b' } },
    ]
    for (const choice of tries) {
      expect(() => read('observability.yaml', choice), JSON.stringify(choice)).toThrow(Problem)
    }
  })

  it('are asked for where the document names no host', () => {
    const none = read('pets-3.0.yaml')
    expect(none.origins).toEqual([])
    expect(none.notes.join()).toMatch(/names no server/)
    const given = read('pets-3.0.yaml', { server: 'https://pets.example.org/base' })
    expect(given.origins).toEqual(['https://pets.example.org'])
    expect(given.definition('PUT /pet').binding.path).toEqual([{ text: '/base/pet' }])
    const host = read('pets-3.0.yaml', { server: 'https://pets.example.org/' })
    expect(host.definition('PUT /pet').binding.path).toEqual([{ text: '/api/v3/pet' }])
  })

  it('are read as they are meant where Swagger has a URL for a host', () => {
    const document = `{"swagger":"2.0","host":"https://api.example.com/","basePath":"v2","paths":{"/a":{"get":{}}}}`
    const { tools, origins } = importDocument({ document })
    expect(origins).toEqual(['https://api.example.com'])
    expect(definitionsOf(tools)[0]?.binding.path).toEqual([{ text: '/v2/a' }])
    const without = document.replace('"host":"https://api.example.com/",', '')
    const given = importDocument({ document: without, server: 'https://b.example.com' })
    expect(definitionsOf(given.tools)[0]?.binding).toMatchObject({
      ...{ origin: 'https://b.example.com', path: [{ text: '/v2/a' }] },
    })
  })
})

describe('security', () => {
  it('puts the credential on where the chosen scheme is asked for, and nowhere else', () => {
    const { definition, tool, schemes } = read('security.yaml', { securityScheme: 'headerKey' })
    expect(definition('GET /document').binding.credential).toBe('connection')
    expect(definition('GET /none').binding.credential).toBe('none')
    expect(definition('GET /optional').binding.credential).toBe('none')
    expect(definition('GET /or').binding.credential).toBe('connection')
    for (const path of ['and', 'basic', 'digest', 'client', 'certificate', 'undescribed']) {
      expect(reasonOf(tool(`GET /${path}`)), path).toMatch(/^refused: It asks for/)
    }
    expect(schemes.find(({ name }) => name === 'cookieKey + headerKey')).toMatchObject({
      kind: 'several',
      known: {
        parts: [
          { kind: 'cookie', name: 'sid' },
          { kind: 'header', name: 'X-Key' },
        ],
      },
    })
  })

  it('picks what serves the most operations, and several keys that go together as one', () => {
    const { definition } = read('observability.yaml')
    expect(definition('GET /api/v2/monitors').binding.credential).toBe('connection')
    expect(definition('POST /api/v2/series').binding.credential).toBe('connection')
    expect(definition('GET /public/status').binding.credential).toBe('none')
  })

  it('refuses a scheme that there is not, or that the vault cannot serve', () => {
    expect(() => read('security.yaml', { securityScheme: 'nothing' })).toThrow(Problem)
    expect(() => read('security.yaml', { securityScheme: 'digest' })).toThrow(Problem)
  })

  it('leaves the credential’s own place to it, and takes the key that stood there as a secret', () => {
    const { definition, secrets } = read('security.yaml', { securityScheme: 'headerKey' })
    expect(propertiesOf(definition('GET /or'))).toEqual({})
    expect(secrets).toEqual([
      {
        where: 'GET /or, header parameter X-Key',
        value: 'k3y-0f-s0meb0dy',
        scheme: 'headerKey',
        credential: { kind: 'header', name: 'X-Key', value: 'k3y-0f-s0meb0dy' },
      },
    ])
    const chat = read('chat-2.0.json').definition('POST /chat.postMessage')
    expect(chat.binding.headers.map(({ name }) => name)).not.toContain('token')
  })

  it('is found in the parameters of a document that describes none', () => {
    const { schemes, definition, secrets } = read('forecasts.json')
    expect(schemes).toMatchObject([{ name: 'api_key', kind: 'query', operations: 2 }])
    expect(Object.keys(propertiesOf(definition('GET /forecast')))).toEqual(['q', 'units'])
    expect(secrets).toHaveLength(1)
  })

  it('sends no credential to another origin under another scheme', () => {
    const { tool } = read('every-server.yaml')
    expect(reasonOf(tool('POST /infer'))).toMatch(/^refused: .*of its own/)
    expect(reasonOf(tool('GET /unfilled'))).toMatch(/^refused: .*cannot be used/)
    expect(reasonOf(tool('GET /account'))).toMatch(/^taken/)
  })
})

describe('schemas', () => {
  it('of 3.0 say the same in 2020-12', () => {
    const { definition, tool } = read('schemas-3.0.yaml')
    const members = bodyOf(definition('POST /values'))
    expect(members.between).toEqual({ type: 'number', exclusiveMinimum: 1, maximum: 10 })
    expect(members.maybe).toEqual({ type: ['string', 'null'], enum: ['a', 'b', null] })
    expect(members.maybeReferenced).toMatchObject({ anyOf: [{ type: 'object' }, { type: 'null' }] })
    expect(members.beside).toMatchObject({
      type: 'object',
      description: expect.stringContaining('ignored'),
    })
    expect(members.lookahead).toMatchObject({ 'x-pattern': expect.any(String) })
    expect(members.lookahead).not.toHaveProperty('pattern')
    expect(members.plain).toMatchObject({ pattern: '^[a-z]{2,5}$', minLength: 2 })
    expect(members.quoted).toMatchObject({ type: 'integer', enum: [1, 2] })
    expect(members.invented).toEqual({ type: 'string', format: 'date-time' })
    expect(members.strict).toMatchObject({ additionalProperties: false })
    expect(members.joined).toMatchObject({
      description: 'Both',
      required: ['width', 'depth'],
      properties: { width: {}, height: {}, depth: {} },
    })
    expect(members.clashing).toHaveProperty('allOf')
    expect(reasonOf(tool('POST /values'))).toMatch(/linear time/)
  })

  it('that hold themselves stand under $defs', () => {
    const { definition } = read('schemas-3.0.yaml')
    const { inputSchema } = definition('POST /tree')
    expect(inputSchema).toMatchObject({
      properties: { body: { $ref: '#/$defs/Tree' } },
      $defs: { Tree: { properties: { right: { $ref: '#/$defs/Branch' } } }, Branch: {} },
    })
    const check = ajv.compile(inputSchema)
    expect(check({ body: { left: { left: { right: { leaves: [{}] } } } } })).toBe(true)
    expect(check({ body: { left: { left: 1 } } })).toBe(false)
  })

  it('of 3.1 stand as they are', () => {
    const members = bodyOf(read('schemas-3.1.yaml').definition('POST /values'))
    expect(members.kind).toEqual({ const: 'point' })
    expect(members.pair).toMatchObject({
      prefixItems: [{ type: 'number' }, { type: 'string' }],
      items: false,
    })
    expect(members.either).toMatchObject({ type: ['string', 'integer'] })
    expect(members.referenced).toMatchObject({ description: 'said beside' })
    expect(members.conditional).toMatchObject({ if: {}, then: { required: ['b'] } })
    expect(members.anchored).toEqual({})
  })

  it('leave out what only the other side writes', () => {
    const shared = read('bodies.yaml').definition('POST /shared')
    const node = (
      shared.inputSchema.$defs as Record<string, { properties: object; required?: string[] }>
    ).Node
    expect(Object.keys(node?.properties ?? {})).toEqual(['secret', 'children', 'size'])
    expect(node?.required).toBe(undefined)
  })
})

describe('what cannot be a tool says why', () => {
  it.each([
    ['sloppy.json', 'GET no-slash', /begin with/],
    ['sloppy.json', 'GET /dots/../up', /canonical|dot/],
    ['sloppy.json', 'GET /double//slash', /empty segment/],
    ['sloppy.json', 'GET /brace/{open', /brace/],
    ['sloppy.json', 'GET /percent/100%', /percent/],
    ['sloppy.json', 'GET /null-operation', /no object/],
    ['sloppy.json', 'PUT /bad-parameters', /leads nowhere/],
    ['sloppy.json', 'POST /bad-parameters', /no place/],
    [
      'cluster-2.0.yaml',
      'HEAD /api/v1/namespaces/{namespace}/services/{name}/proxy/{path}',
      /HEAD/,
    ],
    [
      'cluster-2.0.yaml',
      'OPTIONS /api/v1/namespaces/{namespace}/services/{name}/proxy/{path}',
      /OPTIONS/,
    ],
    ['newer-3.2.yaml', 'QUERY /search', /QUERY/],
    ['newer-3.2.yaml', 'COPY /search', /COPY/],
    ['bodies.yaml', 'GET /get-with-body', /GET request has none/],
    ['bodies.yaml', 'PUT /no-media', /media type/],
    [
      'resource-manager-2.0.json',
      'GET /subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Cloud.Compute/disks/{diskName}',
      /out of the document/,
    ],
  ])('%s: %s', (file, key, reason) => {
    const tool = read(file).tool(key)
    expect(tool.outcome).toBe('refused')
    expect(tool.reason).toMatch(reason)
  })

  it.each([
    ['openapi: 4.0.0\npaths: {}', /4\.0\.0/],
    ['swagger: "1.2"\npaths: {}', /1\.2/],
    ['openapi: 3.0.0\npaths: []', /no object/],
    ['openapi: 3.0.0\ninfo: {}', /no operation/],
    ['asyncapi: 3.0.0\n', /AsyncAPI/],
    ['{"info": {}, "item": []}', /Postman/],
    ['hello', /no kind/],
  ])('%s', (document, sentence) => {
    try {
      importDocument({ document })
    } catch (thrown) {
      expect(thrown).toMatchObject({ type: 'document-refused' })
      expect((thrown as Problem).detail).toMatch(sentence)
      return
    }
    throw new Error('it was taken')
  })
})

describe('a document that means harm', () => {
  const around = (schema: string, more = ''): string =>
    `{"openapi":"3.0.0","servers":[{"url":"https://a.example.com"}],"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":${schema}}}},"responses":{}}}},"components":{"schemas":{${more}}}}`

  it('is survived: references that double at each step', () => {
    verifies('S-41')
    const double = (at: number) => `{"$ref":"#/components/schemas/S${at}"}`
    const steps = Array.from(
      { length: 200 },
      (_, at) =>
        `"S${at}":{"type":"object","properties":{"a":${double(at + 1)},"b":${double(at + 1)}}}`,
    )
    const [tool] = importDocument({
      document: around(double(0), [...steps, '"S200":{"type":"string"}'].join()),
    }).tools
    expect(tool?.outcome).toBe('changed')
    expect(JSON.stringify(tool).length).toBeLessThan(100_000)
  })

  it('is survived: everything refers to everything', () => {
    const names = Array.from({ length: 300 }, (_, at) => `S${at}`)
    const properties = names
      .map((name) => `"${name}":{"$ref":"#/components/schemas/${name}"}`)
      .join()
    const schemas = names
      .map((name) => `"${name}":{"type":"object","properties":{${properties}}}`)
      .join()
    const [tool] = importDocument({
      document: around('{"$ref":"#/components/schemas/S0"}', schemas),
    }).tools
    expect(JSON.stringify(tool).length).toBeLessThan(200_000)
  })

  it('is survived: a form whose parts multiply with each level', () => {
    verifies('S-41')
    const all = (at: number) => Array(100).fill(`{"$ref":"#/components/schemas/S${at}"}`).join()
    const levels = Array.from({ length: 8 }, (_, at) => `"S${at}":{"allOf":[${all(at + 1)}]}`)
    const last = '"S8":{"type":"object","properties":{"a":{"type":"string"}}}'
    const document = around('{"$ref":"#/components/schemas/S0"}', [...levels, last].join())
    const form = document.replace('application/json', 'multipart/form-data')
    expect(importDocument({ document: form }).tools).toHaveLength(1)
    expect(importDocument({ document }).tools).toHaveLength(1)
  })

  it('is survived: every operation refers to the same large parts', () => {
    verifies('S-41')
    const members = Array.from({ length: 50_000 }, (_, at) => `"m${at}":{"type":"string"}`).join()
    const large = `{"type":"object","properties":{${members}}}`
    const operation = `{"post":{"parameters":[{"$ref":"#/components/parameters/P"}],"requestBody":{"$ref":"#/components/requestBodies/B"},"responses":{"200":{"$ref":"#/components/responses/R"}}}}`
    const paths = Array.from({ length: 2000 }, (_, at) => `"/p${at}":${operation}`).join()
    const content = `{"description":"","content":{"application/json":{"schema":${large}}}}`
    const { tools } = importDocument({
      document: `{"openapi":"3.0.0","paths":{${paths}},"components":{"parameters":{"P":{"name":"p","in":"query","schema":${large}}},"requestBodies":{"B":${content}},"responses":{"R":${content}}}}`,
    })
    expect(tools).toHaveLength(2000)
    // A few seconds of one core, of which a busy machine gives less.
  }, 60_000)

  it('is survived: one long text in many places', () => {
    verifies('S-41')
    const paths = Array.from(
      { length: 1000 },
      (_, at) => `  /p${at}: { get: { summary: *t, description: *t, responses: {} } }\n`,
    )
    const document = `openapi: 3.0.0\nx-text: &t "${'a b '.repeat(1_000_000)}"\npaths:\n${paths.join('')}`
    expect(() => importDocument({ document })).toThrow(/characters once its aliases/)
  })

  it('shows no agent a key of its authors', () => {
    verifies('S-38')
    const key = ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_')
    const said = `"description":"Use ${key} here."`
    const schema = `{"type":"object",${said},"properties":{"a":{"type":"string","default":"${key}","example":"${key}",${said}}}}`
    const parameter = `{"name":"q","in":"query","example":"${key}",${said},"schema":{"type":"string","title":"${key}"}}`
    const content = `{"application/json":{"schema":${schema}}}`
    const { tools, description } = importDocument({
      document: `{"openapi":"3.0.0","info":{"title":"A",${said}},"paths":{"/a":{"post":{"summary":"${key}",${said},"parameters":[${parameter}],"requestBody":{${said},"content":${content}},"responses":{"200":{${said},"content":${content}}}}}}}`,
    })
    expect(definitionsOf(tools)).toHaveLength(1)
    expect(JSON.stringify([tools, description])).not.toContain(key)
    expect(JSON.stringify(tools)).toContain('Use … here.')
    const secret = '{"type":"string","default":"hunter2hunter2","example":"hunter2hunter2"}'
    const named = `{"openapi":"3.0.0","paths":{"/a":{"post":{"parameters":[{"name":"client_secret","in":"query","schema":${secret}}],"requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":{"password":${secret},"name":${secret.replaceAll('hunter2', 'bob')}}}}}},"responses":{}}}}}`
    const shown = JSON.stringify(importDocument({ document: named }).tools)
    expect(shown).not.toContain('hunter2')
    expect(shown).toContain('bobbob')
  })

  it('is survived: chains, pointers into pointers, deep schemas and long lists', () => {
    const chain = Array.from(
      { length: 5000 },
      (_, at) => `"C${at}":{"$ref":"#/components/schemas/C${at + 1}"}`,
    )
    importDocument({ document: around('{"$ref":"#/components/schemas/C0"}', chain.join()) })
    const nested = Array.from(
      { length: 3000 },
      (_, at) => `"N${at}":{"items":{"$ref":"#/components/schemas/N${at + 1}"}}`,
    )
    importDocument({ document: around('{"$ref":"#/components/schemas/N0"}', nested.join()) })
    importDocument({
      document: around(
        '{"$ref":"#/components/schemas/A/properties/a/properties/a"}',
        '"A":{"properties":{"a":{"$ref":"#/components/schemas/A"}}}',
      ),
    })
    importDocument({ document: around('{"$ref":"#"}') })
    importDocument({ document: around('{"$ref":"#/paths"}') })
    const deep = `${'{"type":"array","items":'.repeat(90)}{}${'}'.repeat(90)}`
    importDocument({ document: around(deep) })
    const values = Array.from({ length: 50_000 }, (_, at) => `"v${at}"`).join()
    const [tool] = importDocument({
      document: around(`{"type":"string","enum":[${values}]}`),
    }).tools
    expect(JSON.stringify(tool).length).toBeLessThan(100_000)
    const members = Array.from({ length: 20_000 }, (_, at) => `"m${at}":{"type":"string"}`).join()
    importDocument({ document: around(`{"type":"object","properties":{${members}}}`) })
  })

  it('is survived: whatever single value is put in place of another', () => {
    const values = [
      null,
      true,
      0,
      -1,
      '',
      'x',
      '__proto__',
      [],
      {},
      [{}],
      { $ref: '#' },
      { $ref: '#/paths' },
      { $ref: 'x' },
    ]
    const documents = corpus.map(({ document }) =>
      JSON.parse(JSON.stringify(readDocument(document).value)),
    )
    fc.assert(
      fc.property(
        fc.nat(documents.length - 1),
        fc.infiniteStream(fc.nat(30)),
        fc.constantFrom(...values),
        (at, turns, value) => {
          const text = JSON.stringify(documents[at])
          const changed = JSON.parse(text)
          let parent: Record<string, unknown> = changed
          for (const turn of turns) {
            const names = Object.keys(parent)
            const name = names[turn % names.length]
            if (name === undefined) break
            const child = parent[name]
            if (typeof child !== 'object' || child === null || turn % 7 === 0) {
              parent[name] = value
              break
            }
            parent = child as Record<string, unknown>
          }
          try {
            for (const { inputSchema } of definitionsOf(
              importDocument({ document: JSON.stringify(changed) }).tools,
            )) {
              ajv.compile(inputSchema)
            }
          } catch (thrown) {
            if (!(thrown instanceof Problem) || thrown.type !== 'document-refused') throw thrown
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is refused where it has more operations than anybody looks through', () => {
    verifies('S-41')
    const document = writeLargeDocument({ resources: 667, properties: 1 })
    expect(() => importDocument({ document })).toThrow(/more than 4000 operations/)
  })
})

it('takes every operation of a large document', () => {
  const { tools } = importDocument({ document: writeLargeDocument({ resources: 30 }) })
  expect(tools).toHaveLength(180)
  expect(tools.every(({ outcome }) => outcome !== 'refused')).toBe(true)
})

describe('what people write', () => {
  const bodyFrom = (content: string, schemas = '') => {
    const { tools } = importDocument({
      document: `{"openapi":"3.0.0","servers":[{"url":"https://a.example.com"}],"paths":{"/a":{"patch":{"requestBody":{"required":true,"content":{${content}}},"responses":{}}}},"components":{"schemas":{${schemas}}}}`,
    })
    const [definition] = definitionsOf(tools)
    if (definition === undefined) throw new Error(JSON.stringify(tools))
    return (body: unknown) =>
      compileTool(definition).build({ body }, { now: () => 0, randomBytes: () => new Uint8Array() })
  }

  it('null is taken where nullable stands beside a reference', () => {
    const named = `"Owner":{"type":"object","properties":{"name":{"type":"string"},"boss":{"$ref":"#/components/schemas/Owner","nullable":true}}}`
    const member = `{"$ref":"#/components/schemas/Owner","nullable":true}`
    const build = bodyFrom(
      `"application/json":{"schema":{"type":"object","properties":{"owner":${member}}}}`,
      named,
    )
    expect(build({ owner: null }).body).toBe('{"owner":null}')
    expect(build({ owner: { name: 'a', boss: null } }).body).toBe(
      '{"owner":{"name":"a","boss":null}}',
    )
    expect(() => build({ owner: 5 })).toThrow(Problem)
  })

  it('a range of media types is sent as a type', () => {
    const json = bodyFrom(`"application/*+json":{"schema":{}}`)({ a: 1 })
    expect(json.headers).toMatchObject({ 'content-type': 'application/json' })
    const form = bodyFrom(`"multipart/*":{"schema":{"type":"object"}}`)({ a: '1' })
    expect(JSON.stringify(form.body)).toContain('multipart/form-data; boundary=')
  })
})
