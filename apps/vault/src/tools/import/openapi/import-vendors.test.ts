import { readFileSync } from 'node:fs'
import { type HttpToolDefinition, Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { compileTool } from '../../request/compile-tool.ts'
import { createDocumentImporter } from '../import-document.ts'
import type { ImportedTool, ImportedToolset } from '../imported-toolset.ts'
import { importOpenApi } from './import-openapi.ts'

// What vendors and their converters write, though OpenAPI has no word for it.

const unused = () => {
  throw new Error('the document was taken for another kind')
}
const importDocument = createDocumentImporter({
  importers: { openapi: importOpenApi, curl: unused, higress: unused, 'genai-toolbox': unused },
})
const importObject = (document: object): ImportedToolset =>
  importDocument({
    document: JSON.stringify({
      ...{ openapi: '3.0.0', servers: [{ url: 'https://a.example' }], ...document },
    }),
  })

function read(file: string) {
  const path = new URL(`../../../../../../test/corpus/openapi/${file}`, import.meta.url)
  const imported = importDocument({ document: readFileSync(path, 'utf8') })
  const tool = (key: string): ImportedTool => {
    const one = imported.tools.find(
      (each) => (each.outcome === 'refused' ? each.key : each.definition.key) === key,
    )
    if (one === undefined) throw new Error(`there is no ${key}`)
    return one
  }
  const definition = (key: string): HttpToolDefinition => {
    const one = tool(key)
    if (one.outcome === 'refused') throw new Error(`${key}: ${one.reason}`)
    return one.definition
  }
  return { imported, tool, definition }
}
const propertiesOf = ({ inputSchema }: HttpToolDefinition) =>
  inputSchema.properties as Record<string, Record<string, unknown>>
const reasonOf = (tool: ImportedTool) => `${tool.outcome}: ${tool.reason ?? ''}`

describe('paths', () => {
  it('sends nothing of what stands behind a # in a path, and a query that stands there as parameters', () => {
    const actions = read('actions.yaml')
    for (const target of ['Queue.CreateQueue', 'Queue.DeleteQueue']) {
      const made = actions.definition(`POST /#X-Amz-Target=${target}`)
      expect(made.binding.path).toEqual([{ text: '/' }])
      expect(made.binding.headers).toContainEqual({ name: 'X-Amz-Target', value: target })
      expect(Object.keys(propertiesOf(made))).toEqual(['body'])
    }
    const send = actions.definition('GET /{AccountNumber}/{QueueName}/#Action=SendMessage')
    expect(send.binding.query.map(({ name }) => name)).toEqual(['Action', 'MessageBody'])
    expect(actions.imported.origins).toEqual(['https://queue.eu-1.example.com'])
    expect(actions.imported.notes.join(' ')).toMatch(/behind #.*never sent/)
    const { tool, definition } = read('queries-in-paths.yaml')
    const shape = (key: string) => {
      const { inputSchema, binding } = definition(key)
      const query = binding.query.map((item) =>
        'argument' in item ? `${item.name}={${item.argument}}` : `${item.name}=${'value' in item}`,
      )
      return { query, required: inputSchema.required }
    }
    expect(shape('GET /export?filename={filename}')).toEqual({
      ...{ query: ['filename={filename}'], required: ['filename'] },
    })
    expect(shape('GET /search?q={query}&page={page}&kind=all')).toEqual({
      ...{ query: ['q={q}', 'page={page}', 'kind=true', 'other={other}'], required: ['q'] },
    })
    expect(shape('GET /undescribed?from={from}&to={to}').required).toEqual(['from', 'to'])
    expect(shape('GET /items/{id}?id={id}&token={token}')).toEqual({
      ...{ query: ['id={id_query}'], required: ['id', 'id_query'] },
    })
    expect(reasonOf(tool('GET /around?sort=by-{field}'))).toMatch(
      /^refused: .*more than parameters/,
    )
    expect(shape('GET /box?restype=container&comp=list').query).toEqual([
      'restype=true',
      'comp=true',
    ])
  })

  it('takes a key that stands in a path for the credential, and no tool holds it', () => {
    verifies('S-41')
    const imported = importDocument({
      document: JSON.stringify({
        openapi: '3.0.0',
        servers: [{ url: 'https://a.example' }],
        paths: {
          '/a?api_key=0f1e2d3c4b5a69788796': { get: {} },
          '/b?api_key={api_key}': { get: {} },
        },
      }),
    })
    expect(imported.secrets).toMatchObject([
      { value: '0f1e2d3c4b5a69788796', credential: { kind: 'query', name: 'api_key' } },
    ])
    const [, other] = imported.tools
    expect(other).toMatchObject({ definition: { binding: { query: [] } } })
    expect(
      JSON.stringify(imported.tools.map((tool) => 'definition' in tool && tool.definition.binding)),
    ).not.toContain('0f1e2d3c4b5a')
  })

  it('takes a signature that stands in a path for the credential, and says it nowhere', () => {
    verifies('S-41')
    const sig = '1a2b3c4d5e6f7a8b9c0d1e2f'
    const { tools, secrets } = importObject({
      paths: { [`/run?api-version=2016-10-01&sig=${sig}`]: { post: {} } },
    })
    expect(secrets).toMatchObject([{ value: sig, credential: { kind: 'query', name: 'sig' } }])
    expect(JSON.stringify(tools)).not.toContain(sig)
    expect(tools).toMatchObject([
      {
        definition: {
          key: 'POST /run?api-version=2016-10-01&sig=',
          binding: { query: [{ name: 'api-version', value: '2016-10-01' }] },
        },
      },
    ])
  })

  it('are those of x-ms-paths in Swagger 2.0, too, with the bodies and types that 2.0 writes', () => {
    const body = { name: 'disk', in: 'body', required: true, schema: { type: 'object' } }
    const count = { name: 'count', in: 'query', type: 'integer' }
    const { tools } = importDocument({
      document: JSON.stringify({
        ...{ swagger: '2.0', host: 'a.example', paths: {} },
        'x-ms-paths': { '/disks?comp=copy': { put: { parameters: [body, count] } } },
      }),
    })
    expect(tools).toMatchObject([
      {
        definition: {
          inputSchema: { properties: { count: { type: 'integer' }, body: { type: 'object' } } },
          binding: { body: { kind: 'json' }, query: [{ value: 'copy' }, { name: 'count' }] },
        },
      },
    ])
  })

  it('tells operations apart whose long paths begin alike', () => {
    const path = (end: string) => `/${'long/'.repeat(120)}${end}`
    const { tools } = importDocument({
      document: JSON.stringify({
        openapi: '3.0.0',
        servers: [{ url: 'https://a.example' }],
        paths: { [path('a')]: { get: {}, head: {} }, [path('b')]: { get: {}, head: {} } },
      }),
    })
    expect(tools.map(({ outcome }) => outcome)).toEqual(['taken', 'refused', 'taken', 'refused'])
  })
})

describe('ways to sign in', () => {
  const withSecurity = (security: object[], securitySchemes: object) =>
    importObject({ security, paths: { '/a': { get: {} } }, components: { securitySchemes } })
  const implicit = {
    type: 'oauth2',
    flows: { implicit: { authorizationUrl: 'https://b.example' } },
  }
  const code = {
    type: 'oauth2',
    flows: {
      authorizationCode: { authorizationUrl: 'https://b.example', tokenUrl: 'https://b.example/t' },
    },
  }
  const key = { type: 'apiKey', in: 'header', name: 'X-Client' }

  it('are one token where flows of one account are asked for together', () => {
    const { schemes, tools } = withSecurity([{ A: [], B: [] }], { A: implicit, B: code })
    expect(schemes).toMatchObject([{ name: 'A + B', kind: 'oauth2', operations: 1 }])
    expect(tools).toMatchObject([
      { outcome: 'taken', definition: { binding: { credential: 'connection' } } },
    ])
  })

  it('are several keys where a token and a key are asked for together', () => {
    const { schemes, tools } = withSecurity([{ A: [], K: [] }], { A: code, K: key })
    expect(schemes).toMatchObject([
      { kind: 'several', known: { parts: [{ kind: 'bearer' }, { kind: 'header' }] } },
    ])
    expect(tools).toMatchObject([{ outcome: 'taken' }])
  })

  it('are left to the owner where the document asks for names that it does not describe', () => {
    const { schemes, tools, notes } = importObject({
      security: [{ ApiKeyAuth: [] }],
      paths: { '/a': { get: {} }, '/b': { get: { security: [] } } },
    })
    expect(schemes).toEqual([])
    expect(tools).toMatchObject([
      { outcome: 'taken', definition: { binding: { credential: 'connection' } } },
      { outcome: 'taken', definition: { binding: { credential: 'none' } } },
    ])
    expect(notes.join(' ')).toMatch(/describes none of the ways.*“ApiKeyAuth”/)
    const parameters = [{ name: 'X-Api-Key', in: 'header', schema: { type: 'string' } }]
    const shown = importObject({
      ...{ security: [{ ApiKeyAuth: [] }], paths: { '/a': { get: { parameters } } } },
    })
    expect(shown.schemes).toMatchObject([{ name: 'X-Api-Key', kind: 'header', operations: 1 }])
    expect(shown.tools).toMatchObject([{ definition: { binding: { credential: 'connection' } } }])
  })
})

describe('examples and defaults', () => {
  it('leave out what stands under the names of secrets, and a key of the document that stands there once more', () => {
    verifies('S-41')
    const key = '0f1e2d3c4b5a69788796'
    const { tools, secrets } = importObject({
      paths: {
        '/a': {
          post: {
            description: `Call it with ${key}.`,
            parameters: [
              { name: 'api_key', in: 'query', example: key, schema: { type: 'string' } },
            ],
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    example: { password: 'hunter2-hunter2', user: 'ann' },
                    default: { client_secret: 'hunter3-hunter3', user: 'bob' },
                    properties: {
                      note: { type: 'string', example: key },
                      default: { type: 'string', description: 'A member.' },
                      password: { type: 'string', example: 'hunter4' },
                      kept: { type: 'object', default: { note: [`${key}.`] } },
                    },
                    required: ['password'],
                  },
                },
              },
            },
          },
        },
      },
    })
    expect(secrets).toMatchObject([{ value: key }])
    const text = JSON.stringify(tools)
    expect(text).not.toContain(key)
    expect(text).not.toContain('hunter')
    expect(text).toContain('ann')
    // A default goes out where a call says nothing: half of one, or one that was overwritten, would be another.
    expect(text).not.toMatch(/bob|"default":"…|"default":\{"note/)
    expect(tools).toMatchObject([
      {
        outcome: 'changed',
        definition: {
          inputSchema: {
            properties: {
              body: {
                properties: {
                  default: { description: 'A member.' },
                  password: { type: 'string' },
                  kept: { type: 'object' },
                },
                required: ['password'],
              },
            },
          },
        },
      },
    ])
  })
})

describe('whole numbers of 64 bits', () => {
  const query = (schema: object) => [{ name: 'at', in: 'query', schema }]
  const long = { type: 'integer', format: 'int64' }
  const made = (parameters: object[], more: object = {}) => {
    const { tools } = importObject({ paths: { '/a/{id}': { post: { parameters, ...more } } } })
    const [tool] = tools
    if (tool === undefined || tool.outcome === 'refused') throw new Error('no tool')
    return tool.definition
  }
  const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
  const id = { name: 'id', in: 'path', required: true, schema: long }

  it('are named by their digits where a number of JSON would name another thing', () => {
    const build = compileTool(made([id])).build
    const urlOf = (value: unknown) => build({ id: value } as never, world).url
    expect(urlOf('9007199254740993')).toBe('https://a.example/a/9007199254740993')
    expect(urlOf('-9223372036854775808')).toBe('https://a.example/a/-9223372036854775808')
    expect(urlOf(12)).toBe('https://a.example/a/12')
    for (const wrong of [
      '',
      '01',
      '1e3',
      '..',
      '1/2',
      ' 1',
      '12345678901234567890',
      2 ** 53,
      1.5,
    ]) {
      expect(() => urlOf(wrong)).toThrow(Problem)
    }
  })

  it('stay numbers in bodies, and where bounds say more', () => {
    const body = { content: { 'application/json': { schema: long } } }
    const kept = [{ minimum: 5 }, { maximum: 100 }, { default: 10 }, { enum: [1, 2] }]
    for (const more of kept) {
      expect(propertiesOf(made([id, ...query({ ...long, ...more })])).at?.type).toBe('integer')
    }
    expect(propertiesOf(made([id], { requestBody: body })).body?.type).toBe('integer')
    expect(propertiesOf(made([id, ...query({ ...long, minimum: 1 })])).at).toEqual({
      ...{ type: ['integer', 'string'], format: 'int64', minimum: 1 },
      pattern: '^[1-9][0-9]{0,18}$',
    })
  })
})
