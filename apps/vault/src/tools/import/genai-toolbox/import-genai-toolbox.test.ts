import { describe, expect, it } from 'vitest'
import { compileTool } from '../../request/compile-tool.ts'
import type { ImportInput } from '../imported-toolset.ts'
import { importGenaiToolbox } from './import-genai-toolbox.ts'

const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
const load = (document: string, choices: Omit<ImportInput, 'document'> = {}) =>
  importGenaiToolbox({ document, ...choices })

function definitionOf(made: ReturnType<typeof load>, name: string) {
  const found = made.tools.find(
    (tool) => tool.outcome !== 'refused' && tool.definition.name === name,
  )
  if (found === undefined || found.outcome === 'refused')
    throw new Error(`${name} is refused: ${JSON.stringify(made.tools)}`)
  return found.definition
}

/** How a document refers to an environment variable. */
const reference = (name: string): string => `$\{${name}}`

const refusals = (made: ReturnType<typeof load>) =>
  Object.fromEntries(
    made.tools.flatMap((tool) => (tool.outcome === 'refused' ? [[tool.key, tool.reason]] : [])),
  )

const maps = `
sources:
  shop:
    kind: http
    baseUrl: https://shop.example.com/v1
    timeout: 10s
    headers:
      Authorization: Bearer \${SHOP_TOKEN}
      X-Client: vault
    queryParams:
      locale: de CH
  books:
    kind: postgres
    host: 127.0.0.1
tools:
  find-orders:
    kind: http
    source: shop
    method: GET
    path: /customers/{{.customer}}/orders?kind=open
    description: Orders of a customer
    authRequired: [google]
    pathParams:
      - name: customer
        type: string
        description: Whose
    queryParams:
      - name: limit
        type: integer
        description: How many
        default: 10
        maxValue: 50
      - name: tags
        type: array
        required: false
        description: Which
        items: { name: tag, type: string, description: One }
    headerParams:
      - name: X-Trace
        type: string
        required: false
        description: For logs
  note-order:
    kind: http
    source: shop
    method: POST
    path: /orders
    description: Note an order
    headers:
      X-Client: note
    requestBody: |
      {"name": "{{.name}}", "lines": {{json .lines}}, "first": "{{range .lines}}{{.}}{{break}}{{end}}"}
    bodyParams:
      - { name: name, type: string, description: Who }
      - { name: lines, type: array, description: What, items: { name: line, type: string, description: One } }
  all-books:
    kind: postgres-sql
    source: books
    description: Books
    statement: SELECT * FROM books
  get-with-body:
    kind: http
    source: shop
    method: GET
    path: /x
    description: Not possible
    requestBody: '{}'
toolsets:
  orders: [find-orders, note-order]
  reading: [find-orders]
`

describe('documents of genai-toolbox', () => {
  it('become tools where they ask over HTTP, and are refused where they ask a database', () => {
    const made = load(maps)
    expect(made.name).toBe('orders')
    expect(made.origins).toEqual(['https://shop.example.com'])
    expect(refusals(made)).toEqual({
      'all-books': expect.stringContaining('postgres-sql'),
      'get-with-body': expect.stringContaining('body with GET'),
    })
    expect(definitionOf(made, 'find-orders').tags).toEqual(['orders', 'reading'])
    expect(made.notes.join(' ')).toContain('authRequired')
  })

  it('send what the document says', () => {
    const find = compileTool(definitionOf(load(maps), 'find-orders'))
    const request = find.build(
      { customer: 'a/b c'.replace('/', '-'), tags: ['x'], 'X-Trace': 't1' },
      world,
    )
    expect(request.url).toBe(
      'https://shop.example.com/v1/customers/a-b%20c/orders?kind=open&locale=de%20CH&limit=10&tags=%5B%22x%22%5D',
    )
    expect(request.headers).toMatchObject({ 'x-trace': 't1', 'x-client': 'vault' })
    expect(() => find.build({ customer: 'a', limit: 51 }, world)).toThrow(/limit|arguments/i)
    expect(() => find.build({}, world)).toThrow()
    const note = compileTool(definitionOf(load(maps), 'note-order'))
    const { body, headers } = note.build({ name: 'a"b', lines: ['x', 'y'] }, world)
    expect(JSON.parse(String(body))).toEqual({ name: 'a"b', lines: ['x', 'y'], first: 'x' })
    expect(headers).toMatchObject({
      'x-client': 'note',
      'content-type': 'application/json; charset=utf-8',
    })
  })

  it('leave keys from the environment to the credential', () => {
    const made = load(maps)
    expect(made.schemes).toEqual([
      { name: `bearer from ${reference('SHOP_TOKEN')}`, kind: 'bearer', known: {}, operations: 2 },
    ])
    expect(JSON.stringify(made.tools)).not.toContain('SHOP_TOKEN')
    const given = load(maps, { variables: { SHOP_TOKEN: 'sk-very-secret-1' } })
    expect(given.secrets[0]).toMatchObject({
      value: 'sk-very-secret-1',
      credential: { kind: 'bearer' },
    })
    expect(JSON.stringify(given.tools)).not.toContain('sk-very-secret-1')
  })

  it('can be a stream of documents that say what they are', () => {
    const made = load(`
kind: source
name: api
type: http
baseUrl: \${BASE:https://api.example.com}
---
kind: tool
name: ping
type: http
source: api
method: GET
path: ping
description: Says pong
---
kind: toolset
name: all-things
tools: [ping]
`)
    expect(made.name).toBe('all-things')
    expect(compileTool(definitionOf(made, 'ping')).build({}, world).url).toBe(
      'https://api.example.com/ping',
    )
    expect(definitionOf(made, 'ping').binding.credential).toBe('none')
  })

  it('ask for the address where only the environment knows it', () => {
    const document = maps.replace('https://shop.example.com/v1', reference('SHOP_URL'))
    expect(refusals(load(document))['find-orders']).toContain('SHOP_URL')
    const made = load(document, { variables: { SHOP_URL: 'https://other.example.com' } })
    expect(made.origins).toEqual(['https://other.example.com'])
  })

  it('are refused with the line of a key that is not known', () => {
    const wrong = maps.replace('    timeout: 10s', '    timeouts: 10s')
    expect(() => load(wrong)).toThrow(/Line 6, column 5.*timeouts/)
    expect(() => load(maps.replace('    authRequired', '    authRequires'))).toThrow(/authRequires/)
    expect(() => load('sources: {}\ntools: {}\nextra: 1')).toThrow(/extra/)
  })

  it('are refused where a parameter comes from the token of a caller', () => {
    const from = maps.replace(
      'description: Whose',
      'description: Whose\n        authServices: [{ name: google, field: sub }]',
    )
    expect(refusals(load(from))['find-orders']).toContain('token of its caller')
  })
})
