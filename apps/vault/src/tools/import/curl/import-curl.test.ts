import { CredentialInput, HttpToolDefinition, Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { createDocumentImporter } from '../import-document.ts'
import type { ImportedTool } from '../imported-toolset.ts'
import { importCurl } from './import-curl.ts'
import { isPlaceholder } from './known-secrets.ts'

const run = (document: string, more: { server?: string; securityScheme?: string } = {}) =>
  importCurl({ document, ...more })
const taken = (tool: ImportedTool | undefined) => {
  if (tool === undefined || tool.outcome === 'refused') throw new Error(JSON.stringify(tool))
  return tool.definition
}
/** The definition that one command makes. */
const tool = (document: string, more: { server?: string } = {}) =>
  taken(run(document, more).tools[0])
const bindingOf = (document: string) => tool(document).binding
const refusal = (document: string): string => {
  try {
    return run(document)
      .tools.map((one) => (one.outcome === 'refused' ? one.reason : 'taken'))
      .join(' ')
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    expect(['document-refused', 'invalid-input']).toContain(thrown.type)
    return thrown.detail
  }
}

describe('a pasted curl command', () => {
  it('becomes a tool with its values as required arguments, and its key becomes the credential', () => {
    verifies('S-38')
    const imported = run(`curl -X GET "https://api.shipping.com/v1/track?tracking_id=ABC123" \\
      -H "X-API-Key: ship_xxx"`)
    expect(imported).toMatchObject({
      ...{ format: 'curl', name: 'shipping', origins: ['https://api.shipping.com'] },
      schemes: [{ name: 'X-API-Key', kind: 'header', known: { name: 'X-API-Key' }, operations: 1 }],
      secrets: [
        {
          ...{ where: '-H X-API-Key', value: 'ship_xxx', scheme: 'X-API-Key' },
          credential: { kind: 'header', name: 'X-API-Key', value: 'ship_xxx' },
        },
      ],
    })
    const definition = taken(imported.tools[0])
    expect(definition).toMatchObject({
      ...{ name: 'get_v1_track', key: 'GET /v1/track' },
      annotations: { readOnlyHint: true },
      inputSchema: {
        properties: { tracking_id: { type: 'string', examples: ['ABC123'] } },
        ...{ required: ['tracking_id'], additionalProperties: false },
      },
      binding: { credential: 'connection', query: [{ name: 'tracking_id' }], headers: [] },
    })
    expect(definition.inputSchema.properties).not.toHaveProperty('tracking_id.default')
    expect(JSON.stringify(definition)).not.toContain('ship_xxx')
  })

  it.each([
    [`-H 'Authorization: Bearer tok-12345678'`, { kind: 'bearer', token: 'tok-12345678' }],
    [`-H 'authorization:bearer tok-12345678'`, { kind: 'bearer', token: 'tok-12345678' }],
    [`--oauth2-bearer tok-12345678`, { kind: 'bearer', token: 'tok-12345678' }],
    [`-u alice:correct-horse`, { kind: 'basic', username: 'alice', password: 'correct-horse' }],
    [`--user=alice:a:b:correct`, { kind: 'basic', username: 'alice', password: 'a:b:correct' }],
    [
      `-H 'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='`,
      { kind: 'basic', username: 'Aladdin', password: 'open sesame' },
    ],
    [
      `-H 'Authorization: Token token="abcdefgh12"'`,
      { kind: 'header', name: 'Authorization', prefix: 'Token token=', value: 'abcdefgh12' },
    ],
    [
      `-H 'PRIVATE-TOKEN: glpat-xyz'`,
      { kind: 'header', name: 'PRIVATE-TOKEN', value: 'glpat-xyz' },
    ],
    [`-b session=0123456789`, { kind: 'cookie', name: 'session', value: '0123456789' }],
    [`-H 'Cookie: session=0123456789'`, { kind: 'cookie', name: 'session', value: '0123456789' }],
    [
      `-u AKIDEXAMPLE0123456:sEcReTkEy --aws-sigv4 aws:amz:eu-west-1:s3`,
      {
        ...{ kind: 'aws-sigv4', accessKeyId: 'AKIDEXAMPLE0123456', region: 'eu-west-1' },
        ...{ secretAccessKey: 'sEcReTkEy', service: 's3' },
      },
    ],
    [
      `-H 'DD-API-KEY: 0123456789' -H 'DD-APPLICATION-KEY: abcdefghij'`,
      {
        kind: 'several',
        parts: [
          { kind: 'header', name: 'DD-API-KEY', value: '0123456789' },
          { kind: 'header', name: 'DD-APPLICATION-KEY', value: 'abcdefghij' },
        ],
      },
    ],
  ])('has its secret moved into the credential: %s', (options, credential) => {
    verifies('S-38')
    const imported = run(`curl https://api.example.com/a ${options}`)
    expect(imported.secrets.map((secret) => secret.credential).filter(Boolean)).toEqual([
      credential,
    ])
    expect(CredentialInput.parse(credential)).toEqual(credential)
    const text = JSON.stringify(taken(imported.tools[0]))
    for (const { value } of imported.secrets) expect(text).not.toContain(value)
    expect(taken(imported.tools[0]).binding).toMatchObject({
      credential: 'connection',
      headers: [],
      cookies: [],
    })
  })

  it('has its secret found in the URL too: in the query, before the host, in the path', () => {
    verifies('S-38')
    const secretOf = (url: string) =>
      run(`curl '${url}'`).secrets.map(({ credential }) => credential)
    expect(secretOf('https://api.example.com/a?api_key=0123456789&b=1')).toEqual([
      { kind: 'query', name: 'api_key', value: '0123456789' },
    ])
    expect(secretOf('https://alice:correct%20horse@api.example.com/a')).toEqual([
      { kind: 'basic', username: 'alice', password: 'correct horse' },
    ])
    const token = '123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'
    const bot = run(`curl https://api.telegram.org/bot${token}/getMe`)
    expect(bot.secrets.map(({ credential }) => credential)).toEqual([
      { kind: 'path', placeholder: 'token', value: token },
    ])
    expect(taken(bot.tools[0]).binding.path).toEqual([{ text: '/bot{token}/getMe' }])
    const hook = 'https://hooks.slack.com/services/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'
    expect(secretOf(hook)).toEqual([
      { kind: 'path', placeholder: 'token', value: 'a1B2c3D4e5F6g7H8i9J0k1L2' },
    ])
  })

  it.each([
    ['a variable', '-H "Authorization: Bearer $API_TOKEN"'],
    ['a variable in braces', '-H "Authorization: Bearer $' + '{API_TOKEN}"'],
    ['a word in angle brackets', "-H 'Authorization: Bearer <token>'"],
    ['a word that says so', "-H 'Authorization: Bearer YOUR_API_KEY'"],
  ])('keeps a slot without a value for %s', (_, option) => {
    const imported = run(`curl https://api.example.com/a ${option}`)
    expect(imported).toMatchObject({ schemes: [{ name: 'bearer', kind: 'bearer' }], secrets: [] })
    expect(taken(imported.tools[0]).binding.credential).toBe('connection')
  })

  it('takes no credential where the command has none', () => {
    expect(run('curl https://api.example.com/open').schemes).toEqual([])
    expect(bindingOf('curl https://api.example.com/open').credential).toBe('none')
  })

  it('finds arguments where a path has places for them, and leaves the rest as it is', () => {
    const path = (url: string) =>
      bindingOf(`curl "${url}"`).path.map((piece) =>
        'text' in piece ? piece.text : Object(piece).argument,
      )
    expect(path('https://a.example/v1/users/{userId}/orders/:order')).toEqual([
      ...['/v1/users/', ['userId'], '/orders/', ['order']],
    ])
    expect(path('https://a.example/v1/users/$USER_ID')).toEqual(['/v1/users/', ['user_id']])
    expect(path('https://a.example/v1/users/42/items:batch')).toEqual(['/v1/users/42/items:batch'])
    expect(path('https://a.example/a/{id}/b/{id}')).toEqual(['/a/', ['id'], '/b/', ['id']])
  })

  it('knows counts, truths and texts of a query apart, and what repeats is a list', () => {
    const { inputSchema } = tool(
      `curl -G https://a.example/a -d limit=10 -d zip=01234 -d all=true -d id=42 -d 'tag=a' -d 'tag=b' --data-urlencode 'q=a b&c' -d 'flag='`,
    )
    expect(inputSchema.properties).toEqual({
      limit: { type: 'integer', examples: [10] },
      zip: { type: 'string', examples: ['01234'] },
      all: { type: 'boolean', examples: [true] },
      id: { type: 'string', examples: ['42'] },
      tag: { type: 'array', items: { type: 'string' }, examples: [['a', 'b']] },
      q: { type: 'string', examples: ['a b&c'] },
    })
  })

  it('reads a JSON body into a schema, with what looks like a key left out and said', () => {
    verifies('S-38')
    const key = `sk_live_${'a1'.repeat(12)}`
    const imported = run(
      `curl https://a.example/a --json '{"symbol":"000001.SH","n":3,"deep":[{"a":1},{"a":2}],"api_key":"${key}","who":"$WHO","many":"x"}'`,
    )
    const { inputSchema, binding } = taken(imported.tools[0])
    expect(Object(inputSchema.properties).body).toMatchObject({
      type: 'object',
      properties: {
        symbol: { type: 'string', examples: ['000001.SH'] },
        n: { type: 'integer', examples: [3] },
        deep: { type: 'array', items: { properties: { a: { type: 'integer' } } } },
        api_key: { type: 'string' },
      },
    })
    expect(binding).toMatchObject({
      ...{ method: 'POST', body: { kind: 'json', from: { argument: ['body'] } } },
    })
    expect(JSON.stringify(imported.tools)).not.toContain(key)
    expect(imported.notes.join()).toMatch(/key in the body, api_key/)
    expect(imported.secrets.map(({ value }) => value)).toEqual([key])
  })

  it('takes JSON that is sent as a form for JSON, and says so', () => {
    const imported = run(`curl https://a.example/a -d '{"a": 1}'`)
    expect(imported.tools[0]).toMatchObject({ outcome: 'changed', reason: /JSON/ })
    expect(bindingOf(`curl https://a.example/a -d '{"a": 1}'`).body).toMatchObject({ kind: 'json' })
  })

  it('reads forms and uploads', () => {
    expect(bindingOf(`curl https://a.example/a -d a=1 -d 'b=c d'`).body).toEqual({
      kind: 'form',
      fields: ['a', 'b'].map((name) => ({
        ...{ name, argument: ['body', name], style: 'form', explode: true },
      })),
    })
    const { body } = bindingOf(
      `curl https://a.example/a -F 'photo=@/tmp/cat.png;type=image/png' -F 'title="a;b"' -F note=hi`,
    )
    expect(body).toMatchObject({
      kind: 'multipart',
      fields: [
        { name: 'photo', file: true, contentType: 'image/png' },
        { name: 'title' },
        { name: 'note' },
      ],
    })
  })

  it('follows curl in what its options mean together', () => {
    expect(bindingOf('curl -sSXPUT https://a.example/a').method).toBe('PUT')
    expect(bindingOf('curl -I https://a.example/a').method).toBe('HEAD')
    expect(bindingOf('curl -XDELETE --url=https://a.example/a').method).toBe('DELETE')
    expect(bindingOf(`curl -dx=1 https://a.example/a`).method).toBe('POST')
    expect(
      bindingOf('curl -A me -e http://b.example -H "X-A: 1" https://a.example/a').headers,
    ).toEqual([
      { name: 'User-Agent', value: 'me' },
      { name: 'Referer', value: 'http://b.example' },
      { name: 'X-A', value: '1' },
    ])
    const silent = run('curl -kL -o out.json -w "%{http_code}" --max-time 5 https://a.example/a')
    expect(silent.notes).toHaveLength(2)
  })

  it('reads several commands, each with the comment above it, and refuses those for another host or key', () => {
    verifies('S-38')
    const imported = run(`
# Track a package
curl https://api.example.com/track?id=1 -H 'X-Api-Key: 0123456789'
# Open
curl https://api.example.com/status

curl https://other.example.com/x -H 'X-Api-Key: 9876543210'
curl https://api.example.com/track -H 'Authorization: Bearer 0123456789'`)
    expect(imported.tools.map((one) => one.outcome)).toEqual([
      'taken',
      'taken',
      'refused',
      'refused',
    ])
    expect(taken(imported.tools[0]).description).toBe('Track a package')
    expect(imported.tools.at(2)).toMatchObject({ reason: /other\.example\.com/ })
    expect(imported.origins).toEqual(['https://api.example.com'])
    expect(imported.secrets.find(({ value }) => value === '9876543210')?.credential).toBeUndefined()
  })

  it('fills in what the text itself sets', () => {
    const imported = run(
      'export TOKEN=tok-12345678\n$ curl https://a.example/a -H "Authorization: Bearer $TOKEN"',
    )
    expect(imported.secrets).toMatchObject([
      { credential: { kind: 'bearer', token: 'tok-12345678' } },
    ])
  })

  it('asks for the server where its host is a variable', () => {
    const document = 'curl "$BASE_URL/v1/a?b=1"'
    expect(run(document)).toMatchObject({
      origins: [],
      tools: [{ outcome: 'refused', reason: /give server/ }],
    })
    expect(tool(document, { server: 'https://api.example.com/base/' }).binding).toMatchObject({
      ...{ origin: 'https://api.example.com', path: [{ text: '/base/v1/a' }] },
    })
  })

  it('is no command of Windows for a caret before a quote in its body', () => {
    const { body } = bindingOf(`curl https://a.example/a --json '{"pattern":"^","other":"^a"}'`)
    expect(body).toMatchObject({ kind: 'json' })
  })

  it('gives away no password of a body that is neither JSON nor a form, and no short key of a header', () => {
    verifies('S-38')
    const definition = tool(
      `curl https://a.example/a -H 'Content-Type: application/xml' -H 'X-Auth-Token: hunter2' -H 'X-Acme-Auth: hunter3' -d '<a><password>hunter4</password></a>'`,
    )
    expect(JSON.stringify(definition)).not.toContain('hunter')
  })

  it('is read as browsers copy it for the command prompt of Windows', () => {
    const imported = run(
      'curl ^"https://a.example/a?x=1^&y=2^" ^\r\n  -H ^"X-Api-Key: 0123456789^" ^\r\n  --json ^"^{^\\^"n^\\^":1^}^"',
    )
    expect(imported.secrets).toMatchObject([{ value: '0123456789' }])
    expect(Object.keys(Object(taken(imported.tools[0]).inputSchema.properties))).toEqual([
      'x',
      'y',
      'body',
    ])
  })

  it.each([
    ['curl https://a.example/a; rm -rf /', /another command/],
    ['curl https://a.example/a && ls', /unquoted &/],
    ['curl https://a.example/a?b=1&c=2', /unquoted &/],
    ['curl "https://a.example/$(id)"', /run another command/],
    ['curl https://a.example/`id`', /run another command/],
    ['curl https://a.example/a -H "X: $' + '{A%b}"', /not known/],
    ['curl https://a.example/a -d @body.json', /file/],
    ['curl https://a.example/a -d @-', /file/],
    ['curl https://a.example/a --data-urlencode a@b', /file/],
    ['curl https://a.example/a -F "a=<b"', /file/],
    ['curl https://a.example/a -H @headers', /file/],
    ['curl https://a.example/a -b cookies.txt', /file/],
    ['curl -T a.bin https://a.example/a', /file/],
    ['curl -K conf https://a.example/a', /file/],
    ['curl -E cert.pem https://a.example/a', /client certificates/],
    ['curl --digest -u a:bcdefghij https://a.example/a', /HTTP Basic/],
    ['curl --frobnicate https://a.example/a', /--frobnicate is not known/],
    ['curl -X TRACE https://a.example/a', /TRACE/],
    ['curl -X GET -d a=1 https://a.example/a', /body with GET/],
    ['curl https://a.example/{a,b}', /several at once/],
    ['curl "https://a.example/[1-9]"', /several at once/],
    ['curl https://a.example/a https://a.example/b', /more than one URL/],
    ['curl ftp://a.example/a', /http and https alone/],
    ['curl -s', /no URL/],
    ['curl https://a.example/a -H', /lacks its value/],
    ["curl 'https://a.example/a", /does not end/],
    ['wget https://a.example/a', /no curl command/],
    ['# nothing', /no curl command/],
    ['curl https://a.example/a//b', /none that is sent/],
    ["curl https://a.example/a -H 'Authorization: AWS4-HMAC-SHA256 Credential=x'", /signature/],
  ])('is refused with the reason: %s', (document, reason) => {
    verifies('S-41')
    expect(refusal(document)).toMatch(reason)
  })

  it('puts no secret into a definition, wherever the command has it and whatever it is', () => {
    verifies('S-38')
    const importDocument = createDocumentImporter({ importers: { curl: importCurl } as never })
    const secret = fc
      .stringMatching(/^[A-Za-z0-9_.~-]{10,40}$/)
      .filter((text) => !isPlaceholder(text))
    const places: ((text: string) => string)[] = [
      (text) => `-H 'Authorization: Bearer ${text}'`,
      (text) => `-H "X-Api-Key: ${text}"`,
      (text) => `-u user:${text}`,
      (text) => `-u ${text}:`,
      (text) => `-b 'session=${text}; lang=de'`,
      (text) => `-G -d api_key=${text}`,
      (text) => `--json '{"password":"${text}","a":1}'`,
      (text) => `-d client_secret=${text} -d grant_type=client_credentials`,
      (text) => `-F api_key=${text}`,
      (text) => `--oauth2-bearer ${text} -H 'X-Copy: ${text}'`,
      (text) => `-H 'X-Auth-Token: ${text}' -d note=${text}`,
    ]
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), (text, place) => {
        const document = `# with ${text}\ncurl https://a.example/a ${place(text)}`
        const imported = importDocument({ document, format: 'curl' })
        const told = { ...imported, secrets: imported.secrets.map(({ where }) => where) }
        expect(JSON.stringify(told)).not.toContain(text)
        expect(imported.secrets.some(({ value }) => value.includes(text))).toBe(true)
      }),
    )
  })

  it('quotes no value of a command that it refuses', () => {
    verifies('S-38')
    const text = 'correct-horse-battery'
    for (const options of [
      ...[`-H X-Api-Key: ${text}`, `-H 'X-Api-Key: ${text}€'`, `-b ${text}`, `-F ${text}`],
      ...[
        `-u ${text} --digest`,
        `-d @- -u ${text}`,
        `-H "$NAME: ${text}"`,
        `-X TRACE -u a:${text}`,
      ],
    ]) {
      expect(refusal(`curl https://a.example/a ${options}`), options).not.toContain(text)
      expect(refusal(`curl ${options}`), options).not.toContain(text)
    }
  })

  it('never fails but with a refusal, whatever it says, and makes nothing but whole definitions', () => {
    verifies('S-41')
    const word = fc.oneof(
      fc.constantFrom(
        ...['-X', '-H', '-d', '--json', '-F', '-u', '-G', '-b', '--data-urlencode', '-I', '--next'],
        ...[
          'https://a.example/',
          '{',
          '}',
          '$',
          '$A',
          '$' + '{A}',
          "'",
          '"',
          '\\',
          '\n',
          '=',
          '@',
          ';',
        ],
        ...[
          'a=b',
          'X-Key: abcdefgh12',
          'Authorization: Basic !',
          '{"a":[$B]}',
          '%',
          '%ZZ',
          '?',
          '#',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), fc.constantFrom('', ' '), (words, glue) => {
        const document = `curl https://a.example/a ${words.join(glue)}`
        let imported: ReturnType<typeof run>
        try {
          imported = run(document)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Problem)
          expect(['document-refused', 'invalid-input']).toContain(Object(thrown).type)
          return
        }
        for (const one of imported.tools) {
          if (one.outcome === 'refused') continue
          expect(HttpToolDefinition.safeParse(one.definition).error).toBeUndefined()
          const text = JSON.stringify(one.definition)
          expect(text).not.toMatch(/[\uE000\uE001]/)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a field without a name', () => {
  it('leaves the body as it was written', () => {
    for (const data of ['=', '=x&a=1', 'a=1&=', `${'n'.repeat(201)}=1`]) {
      const { binding } = tool(`curl https://a.example/a -d '${data}'`)
      expect(binding.body).toMatchObject({ kind: 'raw', argument: ['body'] })
    }
  })
})

describe('a password of documentation', () => {
  it('is a word that stands elsewhere too: the field of the API stays, and the tool with it', () => {
    const unused = () => {
      throw new Error('the command was taken for another kind')
    }
    const importAny = createDocumentImporter({
      importers: { curl: importCurl, openapi: unused, higress: unused, 'genai-toolbox': unused },
    })
    for (const password of ['password', 'change-me', 'hunter2-hunter2']) {
      const data = JSON.stringify({ username: 'ann', password })
      const { tools } = importAny({ document: `curl https://a.example/users --json '${data}'` })
      const { inputSchema } = taken(tools[0])
      expect(inputSchema).toMatchObject({
        properties: {
          body: {
            properties: { username: { examples: ['ann'] }, password: { type: 'string' } },
            required: ['username', 'password'],
          },
        },
      })
      expect(JSON.stringify(inputSchema)).not.toMatch(/hunter|change-me/)
    }
  })
})
