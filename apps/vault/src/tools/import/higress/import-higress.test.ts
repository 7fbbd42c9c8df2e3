import { readFileSync } from 'node:fs'
import {
  CredentialInput,
  HttpToolDefinition,
  type ImportFormat,
  Problem,
} from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { compileTool } from '../../request/compile-tool.ts'
import { createDocumentImporter } from '../import-document.ts'
import type { ImportedToolset, Importer, ImportInput } from '../imported-toolset.ts'
import { importHigress } from './import-higress.ts'

const world = {
  now: () => Date.UTC(2026, 0, 2),
  randomBytes: (size: number) => new Uint8Array(size),
}
const corpus = (name: string): string =>
  readFileSync(new URL(`../../../../../../test/corpus/higress/${name}`, import.meta.url), 'utf8')

const never: Importer = () => {
  throw new Error('another importer was asked')
}
const importers: Record<ImportFormat, Importer> = {
  openapi: never,
  curl: never,
  higress: importHigress,
  'genai-toolbox': never,
}
const importDocument = createDocumentImporter({ importers })
const load = (document: string, choices: Omit<ImportInput, 'document'> = {}): ImportedToolset =>
  importDocument({ document, ...choices })

function toolOf(made: ImportedToolset, name: string) {
  const found = made.tools.find(
    (tool) => tool.outcome !== 'refused' && tool.definition.name === name,
  )
  if (found === undefined || found.outcome === 'refused')
    throw new Error(`no ${name}: ${JSON.stringify(made.tools)}`)
  return found
}
const requestOf = (made: ImportedToolset, name: string, args: Record<string, unknown> = {}) =>
  compileTool(toolOf(made, name).definition).build(args, world)
const refusals = (made: ImportedToolset) =>
  Object.fromEntries(
    made.tools.flatMap((tool) => (tool.outcome === 'refused' ? [[tool.key, tool.reason]] : [])),
  )

/** One tool with this request template, by the name `t`. */
const oneTool = (
  template: string,
  args = 'args: [{ name: a, type: string }]',
  server = 'server: { name: one }',
): string =>
  `${server}\ntools:\n- name: t\n  description: d\n  ${args}\n  requestTemplate:\n    ${template.trim().split('\n').join('\n    ')}\n`

describe('a document of Higress', () => {
  it('asks for the key, and sends all arguments where it says so', () => {
    const made = load(corpus('stock-index.yaml'))
    expect(made.name).toBe('stock-index')
    expect(made.tools.map(({ outcome }) => outcome)).toEqual(['taken', 'taken'])
    expect(made.schemes).toEqual([
      {
        name: 'X-API-Key from apiKey',
        kind: 'header',
        known: { name: 'X-API-Key' },
        operations: 2,
      },
    ])
    expect(made.secrets).toEqual([])
    expect(requestOf(made, 'get_index', { symbol: '000001.SH', fields: ['price'] })).toMatchObject({
      method: 'GET',
      url: 'https://stocks.example.com/v1/index?symbol=000001.SH&period=1&fields=%5B%22price%22%5D',
    })
    const put = requestOf(made, 'update_index', { symbol: '000001.SH', price: 3.5 })
    expect(put).toMatchObject({
      method: 'PUT',
      url: 'https://stocks.example.com/v1/index/000001.SH',
    })
    expect(JSON.parse(String(put.body))).toEqual({ price: 3.5 })
    expect(put.headers).toEqual({ 'content-type': 'application/json; charset=utf-8' })
  })

  it('shapes answers as its response templates say', () => {
    const { definition } = toolOf(load(corpus('stock-index.yaml')), 'get_index')
    const shape = compileTool(definition).shapeAnswer
    const rows = [
      { day: 'Mon', price: 1, change: 2 },
      { day: 'Tue', price: 2, change: -1 },
    ]
    const body = { data: { name: 'SSE', symbol: '1', rows } }
    expect(shape?.({ status: 200, headers: {}, body }, world)).toBe(
      '# SSE (1)\n1. Mon: 1\n2. Tue: 2 (down)\n',
    )
    expect(shape?.({ status: 404, headers: {}, body: { message: 'no such' } }, world)).toBe(
      'The stock service answered 404: no such',
    )
  })

  it('gives its secrets to the credential and keeps nothing of them', () => {
    verifies('S-41')
    const made = load(corpus('billing.yaml'))
    expect(made.secrets).toEqual([
      {
        where: 'server.config.accessToken',
        value: 'tok-4f8e2b7d91c3a605',
        scheme: 'bearer from accessToken',
        credential: { kind: 'bearer', token: 'tok-4f8e2b7d91c3a605' },
      },
    ])
    expect(JSON.stringify(made.tools)).not.toContain('tok-4f8e')
    expect(refusals(made)).toEqual({ drop_customer: 'allowTools leaves it out.' })
  })

  it('makes the request that its templates prescribe', () => {
    const made = load(corpus('billing.yaml'))
    expect(requestOf(made, 'get_customer', { customer_id: 'CUST 1' })).toMatchObject({
      url: 'https://billing.example.com/api/v1/customers/CUST%201',
      headers: { 'x-region': 'eu west' },
    })
    expect(requestOf(made, 'find_invoices', { customer: 'a&b=c' }).url).toBe(
      'https://billing.example.com/api/v1/invoices?customer=a%26b%3Dc&state=open&since=2026-01-02&sort=due',
    )
    const payment = requestOf(made, 'note_payment', {
      invoice: '1", "amount": 0, "x": "',
      amount: 2.5,
      note: 'say "hi"\n',
    })
    expect(JSON.parse(String(payment.body))).toEqual({
      ...{
        invoice: '1", "amount": 0, "x": "',
        amount: 2.5,
        region: 'eu west',
        note: 'say "hi"\n',
        lines: [],
      },
    })
    expect(payment.headers).toMatchObject({
      'idempotency-key': '00000000-0000-4000-8000-000000000000',
    })
    const reminder = requestOf(made, 'send_reminder', {
      customer: 'a b',
      channels: ['mail', 'sms'],
    })
    expect([...new URLSearchParams(String(reminder.body))]).toEqual([
      ['customer', 'a b'],
      ['channels', '["mail","sms"]'],
    ])
    expect(toolOf(made, 'note_payment').definition.inputSchema).toMatchObject({
      required: ['invoice', 'amount'],
      properties: {
        lines: { items: { properties: { text: { type: 'string' } }, required: ['text'] } },
      },
    })
  })

  it('puts arguments where their position says', () => {
    const made = load(corpus('pets.yaml'))
    const found = requestOf(made, 'pet_find', {
      petId: 7,
      filter: { kind: 'cat' },
      'X-Trace': 't',
      session: 's=1',
    })
    expect(found.url).toBe(
      'https://pets.example.com/v2/pets/7?format=json&limit=10&filter=%7B%22kind%22%3A%22cat%22%7D',
    )
    expect(found.headers).toEqual({
      accept: 'application/json',
      'x-trace': 't',
      cookie: expect.stringMatching(/^session=s(?:=|%3D)1$/),
    })
    expect(toolOf(made, 'pet_find')).toMatchObject({
      outcome: 'changed',
      reason: expect.stringMatching(/Accept-Encoding is left out.*called pet_find/),
    })
    const added = requestOf(made, 'addPet', { name: 'Tom', tags: ['a'], dry: true })
    expect(added.url).toBe('https://pets.example.com/v2/pets?dry=true')
    expect(JSON.parse(String(added.body))).toEqual({ name: 'Tom', tags: ['a'] })
  })

  it('has one credential, and refuses with the reason what signs in otherwise', () => {
    const made = load(corpus('pets.yaml'))
    expect(made.schemes.map(({ name, kind, operations }) => [name, kind, operations])).toEqual([
      ['Key', 'header', 2],
      ['Basic', 'basic', 1],
      ['Key of the caller', 'caller', 1],
    ])
    expect(made.secrets[0]).toMatchObject({
      scheme: 'Key',
      credential: { kind: 'header', name: 'X-Pets-Key' },
    })
    expect(refusals(made)).toEqual({
      admin: expect.stringContaining('security scheme “Basic”'),
      oauth: expect.stringContaining('oauth2'),
      passing: expect.stringContaining('of the caller'),
      'only-text': expect.stringContaining('no URL'),
    })
    const other = load(corpus('pets.yaml'), { securityScheme: 'Basic' })
    expect(toolOf(other, 'admin').outcome).toBe('taken')
    expect(other.secrets.find(({ scheme }) => scheme === 'Basic')?.credential).toEqual({
      kind: 'basic',
      username: 'admin',
      password: 'open sesame 1',
    })
    expect(() => load(corpus('pets.yaml'), { securityScheme: 'Nope' })).toThrow(Problem)
  })

  it('makes of what passes the caller’s credential on a place for the caller’s own', () => {
    const passing = (server: string, request: string) =>
      load(
        `server: {name: own, ${server}}\ntools:\n- name: read\n  description: Reads\n  args: []\n  requestTemplate: {url: "https://own.example.com/me", method: GET${request}}\n`,
      )
    const bearer =
      'securitySchemes: [{id: key, type: http, scheme: bearer, defaultCredential: kept-0123456789}]'
    const inQuery = 'securitySchemes: [{id: key, type: apiKey, in: query, name: api_key}]'
    const authorization = { place: 'header', name: 'Authorization' }
    const cases: [ImportedToolset, string, object][] = [
      [
        passing(bearer, ', security: {id: key, passthrough: true}'),
        'key of the caller',
        { ...authorization, prefix: 'Bearer' },
      ],
      [
        passing(`${inQuery}, defaultDownstreamSecurity: {id: key, passthrough: true}`, ''),
        'key of the caller',
        { place: 'query', name: 'api_key' },
      ],
      [passing('passthroughAuthHeader: true', ''), 'Authorization of the caller', authorization],
    ]
    for (const [made, name, known] of cases) {
      expect(made.schemes).toEqual([{ name, kind: 'caller', known, operations: 1 }])
      expect(CredentialInput.safeParse({ kind: 'caller', ...known }).success).toBe(true)
      expect(made.tools[0]).toMatchObject({ outcome: 'taken' })
      expect(made.secrets).toEqual([])
      expect(made.notes.join(' ')).toContain('the vault keeps none')
    }
  })

  it('takes a server where its URLs name no host', () => {
    const nowhere = load(corpus('relative.json'))
    expect(nowhere.origins).toEqual([])
    expect(nowhere.notes.join(' ')).toContain('names no host')
    const made = load(corpus('relative.json'), { server: 'https://api.example.com/base/' })
    expect(made.origins).toEqual(['https://api.example.com'])
    expect(requestOf(made, 'weather', { city: 'Bern' }).url).toBe(
      'https://api.example.com/base/v3/weather?city=Bern',
    )
    expect(made.schemes[0]).toMatchObject({ kind: 'query', known: { name: 'key' } })
    const [secret] = made.secrets
    expect(secret).toMatchObject({
      where: 'server.config.credentials.weather.data',
      credential: { kind: 'query' },
    })
    const moved = load(corpus('billing.yaml'), { server: 'https://staging.example.com' })
    expect(moved.origins).toEqual(['https://staging.example.com'])
  })

  it('is refused for a key that is not known, with its line', () => {
    const wrong = corpus('billing.yaml').replace('    default: open', '    defaults: open')
    expect(() => load(wrong)).toThrow(
      /Line 39, column 5.*tools\[1\]\.args\[2\]\.defaults.*“defaults” is not known/,
    )
    expect(() => load(oneTool('url: https://a.example.com/\nmethods: GET'))).toThrow(/“methods”/)
    expect(() => load('server: { name: x, token: y }\ntools: []')).toThrow(/server\.token/)
    expect(() => load('server: { name: x }\ntools: {}')).toThrow(/not a list/)
  })

  it('may stand in a resource of Kubernetes', () => {
    const indented = corpus('billing.yaml').replaceAll(/^/gm, '      ')
    const head =
      'apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: { name: mcp }\nspec:\n'
    const made = load(`${head}  matchRules:\n  - ingress: [x]\n    config:\n${indented}`)
    expect(made.tools).toHaveLength(5)
    expect(() =>
      load(`${head}  defaultConfig: { server: { name: x, port: 1 }, tools: [] }`),
    ).toThrow(/Line 5, column 39.*spec\.defaultConfig\.server\.port/)
    expect(() => load(`${head}  url: oci://x`)).toThrow(/no server/)
  })

  it('is refused where it is no REST API', () => {
    expect(() =>
      load('toolSet: { name: s, serverTools: [{ serverName: a, tools: [x] }] }'),
    ).toThrow(/“a”/)
    expect(() =>
      load('server: { name: p, type: mcp-proxy, mcpServerURL: "https://x.example.com/mcp" }'),
    ).toThrow(/MCP server/)
    expect(() => load('server: { name: quark-search, config: { apiKey: x } }')).toThrow(
      /built into Higress/,
    )
  })

  it('is refused with a bomb of aliases', () => {
    verifies('S-41')
    const lines = ['server: {name: x, config: {a: &a0 [1,1,1,1,1,1,1,1,1,1]}}']
    const bomb = Array.from(
      { length: 9 },
      (_, at) => `x${at}: &a${at + 1} [${Array(10).fill(`*a${at}`).join(',')}]`,
    )
    expect(() => load([...lines, ...bomb, 'tools: []'].join('\n'))).toThrow(Problem)
  })
})

describe('a URL template', () => {
  it.each([
    ['url: "https://{{.args.a}}/x"', 'no argument reaches scheme, host or port'],
    ['url: "https://api.example.com{{.args.a}}/x"', 'no argument reaches scheme, host or port'],
    ['url: "https://api.example.com:{{.args.a}}/x"', 'no argument reaches scheme, host or port'],
    ['url: "{{.args.a}}"', 'no argument reaches scheme, host or port'],
    ['url: "https://user:pass@api.example.com/"', 'user name or a password'],
    ['url: "ftp://api.example.com/"', 'neither https nor http'],
    ['url: "//api.example.com/x"', 'not absolute'],
    ['url: "https://api.example.com/a//b"', 'empty segment'],
    ['url: "https://api.example.com/../b"', 'dot segment'],
    ['url: "https://api.example.com/x{{if .args.a}}/y?b=c{{end}}"', 'decides how many'],
    ['url: "https://api.example.com/?{{.args.a}}=1"', 'not fixed'],
    ['url: "https://api.example.com/{b}"', 'no argument fills'],
    ['url: "https://api.example.com/"\nmethod: TRACE', 'none of GET'],
    ['url: "https://api.example.com/"\nmethod: GET\nbody: "x"', 'body with GET'],
    ['url: "https://api.example.com/{{env \\"HOME\\"}}"', 'there is no function "env"'],
    ['url: "https://api.example.com/"\nmethod: POST\nbody: "{\\"a\\": {{.args.a}}"', 'no JSON'],
    [
      'url: "https://api.example.com/"\nmethod: POST\nargsToJsonBody: true\nargsToFormBody: true',
      'more than one of',
    ],
    [
      'url: "https://api.example.com/"\nheaders: [{ key: Authorization, value: "Bearer {{.args.a}}" }]',
      'from an argument',
    ],
    [
      'url: "https://api.example.com/"\nmethod: POST\nbody: "{\\"k\\": \\"{{.config.apiKey}}\\"}"',
      'puts the secret server.config.apiKey into the body',
    ],
    [
      'url: "https://api.example.com/"\nheaders: [{ key: X-Sign, value: "{{sha256sum .config.apiKey}}" }]',
      'in a way that the vault does not',
    ],
    ['url: "https://api.example.com/{{toJson .}}"', 'yields all of'],
    ['url: "https://api.example.com/"\nsecurity: { id: nope }', 'does not have'],
  ])('refuses the tool: %s', (template, reason) => {
    const made = load(oneTool(template))
    expect(refusals(made)).toEqual({ t: expect.stringContaining(reason) })
  })

  it.each([
    ['https://api.example.com', {}, 'https://api.example.com/'],
    [
      'https://api.example.com/a b/ü?q=x y&p=%2F',
      {},
      'https://api.example.com/a%20b/%C3%BC?q=x%20y&p=%2F',
    ],
    [
      'https://api.example.com/{{.args.a}}-{{.args.a}}',
      { a: 'x/y'.replace('/', '_') },
      'https://api.example.com/x_y-x_y',
    ],
    ['https://api.example.com/?a={{.args.a}}', {}, 'https://api.example.com/?a='],
    [
      'https://api.example.com/?a={{.args.a}},z',
      { a: 'é&' },
      'https://api.example.com/?a=%C3%A9%26,z',
    ],
    [
      'https://api.example.com/?a=1{{if .args.a}}&b={{.args.a}}&c=d{{end}}',
      { a: 'x' },
      'https://api.example.com/?a=1&b=x&c=d',
    ],
    [
      'https://api.example.com/?a=1{{if .args.a}}&b={{.args.a}}&c=d{{end}}',
      {},
      'https://api.example.com/?a=1',
    ],
    [
      'https://api.example.com/x{{if .args.a}}-{{.args.a}}{{end}}#top',
      { a: 'y' },
      'https://api.example.com/x-y',
    ],
    ['https://API.example.com:443/x?y', {}, 'https://api.example.com/x?y='],
  ])('%s with %o', (url, args, expected) => {
    const made = load(oneTool(`url: ${JSON.stringify(url)}\nmethod: GET`))
    expect(requestOf(made, 't', args).url).toBe(expected)
  })

  it('may have its host from a constant, and asks for it where that is empty', () => {
    const server =
      'server: { name: one, config: { baseUrl: "https://eu.example.com/v1", token: "" } }'
    const document = oneTool(
      'url: "{{.config.baseUrl}}/x?lang={{.config.lang}}"',
      'args: []',
      server,
    )
    expect(requestOf(load(document), 't').url).toBe('https://eu.example.com/v1/x?lang=')
    const us = load(document, { variables: { baseUrl: 'https://us.example.com' } })
    expect(requestOf(us, 't').url).toBe('https://us.example.com/x?lang=')
  })

  it.each([
    [
      'headers: [{ key: Authorization, value: "APPCODE {{.config.appCode}}" }]',
      'header',
      { name: 'Authorization', prefix: 'APPCODE' },
    ],
    [
      'headers: [{ key: X-Token, value: "t={{.config.appCode}}" }]',
      'header',
      { name: 'X-Token', prefix: 't=' },
    ],
    [
      'headers: [{ key: Authorization, value: "Basic {{printf \\"%s:%s\\" .config.user .config.password | b64enc}}" }]',
      'basic',
      { username: 'anna' },
    ],
    [
      'headers: [{ key: Cookie, value: "theme=dark; sid={{.config.sessionToken}}" }]',
      'cookie',
      { name: 'sid' },
    ],
    ['headers: [{ key: Authorization, value: "Bearer your_token_here" }]', 'bearer', {}],
    [
      'headers: [{ key: X-API-Key, value: "live_0123456789abcdef" }]',
      'header',
      { name: 'X-API-Key' },
    ],
  ])('leaves the place of a credential free: %s', (headers, kind, known) => {
    const server =
      'server: { name: one, config: { appCode: "", user: anna, password: "pw-0123456789", sessionToken: "" } }'
    const made = load(oneTool(`url: https://api.example.com/\n${headers}`, 'args: []', server))
    expect(made.schemes).toEqual([expect.objectContaining({ kind, known })])
    expect(JSON.stringify(made.tools)).not.toMatch(/pw-0123|live_0123|appCode|sessionToken/)
    expect(toolOf(made, 't').definition.binding.credential).toBe('connection')
  })

  it('may hold a token in its path', () => {
    const server = 'server: { name: bot, config: { botToken: "123:abcdefgh" } }'
    const made = load(
      oneTool(
        'url: "https://api.example.com/bot{{.config.botToken}}/send"\nmethod: POST\nargsToJsonBody: true',
        undefined,
        server,
      ),
    )
    expect(made.secrets[0]?.credential).toEqual({
      kind: 'path',
      placeholder: 'botToken',
      value: '123:abcdefgh',
    })
    expect(toolOf(made, 't').definition.binding.path).toEqual([{ text: '/bot{botToken}/send' }])
  })

  it('makes whole definitions of everything that it takes', () => {
    for (const name of ['stock-index.yaml', 'billing.yaml', 'pets.yaml', 'relative.json']) {
      const made = load(corpus(name), { server: 'https://api.example.com' })
      for (const tool of made.tools) {
        if (tool.outcome !== 'refused')
          expect(HttpToolDefinition.safeParse(tool.definition).error).toBeUndefined()
      }
    }
  })
})

describe('a key in an argument', () => {
  it('becomes the credential where the document gives it as default, and stands in no tool', () => {
    verifies('S-38')
    const made = load(
      oneTool(
        'url: https://a.example.com/x\nmethod: GET',
        'args: [{ name: api_key, type: string, default: k3y-of-somebody, position: query }, { name: q, type: string, position: query }]',
      ),
    )
    expect(JSON.stringify(made.tools)).not.toContain('k3y-of-somebody')
    expect(made.secrets).toMatchObject([{ value: 'k3y-of-somebody' }])
    expect(toolOf(made, 't').definition.binding).toMatchObject({
      ...{ credential: 'connection', query: [{ name: 'q' }] },
    })
  })

  it('stands in no schema as the default of a member of the body, which each call then says', () => {
    verifies('S-41')
    const made = load(
      oneTool(
        'url: https://a.example.com/users\nmethod: POST\nargsToJsonBody: true',
        'args: [{ name: password, type: string, default: hunter2-hunter2 }, { name: who, type: object, default: { client_secret: hunter3-hunter3, name: x } }, { name: size, type: integer, default: 2 }]',
      ),
    )
    const { inputSchema } = toolOf(made, 't').definition
    expect(JSON.stringify(made.tools)).not.toContain('hunter')
    expect(inputSchema).toMatchObject({
      properties: { password: { type: 'string' }, who: { type: 'object' }, size: { default: 2 } },
      required: ['password', 'who'],
    })
  })
})
