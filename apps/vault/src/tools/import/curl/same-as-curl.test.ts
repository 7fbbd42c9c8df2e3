import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { JsonSchema } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FrozenTool, freezeRequest } from '../../../execute/freeze-request.ts'
import { compileTool } from '../../request/compile-tool.ts'
import { importCurl } from './import-curl.ts'

// What a command sends when it is run, against what its tool sends with the values of the command as arguments.

interface Heard {
  readonly request: IncomingMessage
  readonly body: Buffer
}

let server: Server
let origin = ''
const heard: Heard[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      heard.push({ request, body: Buffer.concat(chunks) })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

/** What the schema says a command's own values were. */
function exampleOf(schema: JsonSchema): unknown {
  const [example] = (schema.examples as unknown[] | undefined) ?? []
  if (example !== undefined) return example
  if (schema.type === 'array')
    return schema.items === undefined ? [] : [exampleOf(Object(schema.items))]
  if (schema.type !== 'object') return undefined
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  return Object.fromEntries(properties.map(([name, one]) => [name, exampleOf(one)]))
}

const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
const pairs = (text: string) => [...new URLSearchParams(text)]
const jsonType = /json/

/** Bodies that say the same: JSON and forms by what is in them. */
function sense(body: Buffer, contentType = ''): unknown {
  if (jsonType.test(contentType)) return JSON.parse(body.toString())
  if (contentType.includes('x-www-form-urlencoded')) return pairs(body.toString())
  const [, boundary = ''] = /boundary="?([^";]+)/.exec(contentType) ?? []
  return boundary === ''
    ? body.toString()
    : body.toString().replaceAll(boundary, '--').toLowerCase()
}

describe.skipIf(!existsSync('/usr/bin/curl'))('the tool of a command', () => {
  it.each([
    ['a query', `"URL/v1/a%20b/x?symbol=000001.SH&n=5&q=a+b%26c&empty="`],
    ['data in the query', `-G URL/a -d a=1 --data-urlencode 'q=ü & ?' -d b=c+d`],
    ['repeated names', `"URL/a?tag=x&tag=y&z=1"`],
    ['a JSON body', `URL/a --json '{"a":[{"b":null}],"c":"d\\u00e9","e":true}'`],
    [
      'JSON with a type of its own',
      `URL/a -H 'Content-Type: application/vnd.api+json' -d '{"a":1}'`,
    ],
    [
      'a form',
      `URL/a -d a=1 -d 'b=x y' --data-urlencode 'c=1&2=3' --data-urlencode '=plain' -X PUT`,
    ],
    ['a multipart form', `URL/a -F a=1 -F 'b=x;y' -F 'c=text;type=text/html' --form-string 'd=@e'`],
    ['text', `URL/a -H 'Content-Type: text/plain' --data-raw 'hello @world'`],
    [
      'other methods and headers',
      `-X DELETE URL/a -H 'X-Own: 1' -H 'Accept: text/csv' -A me -e http://r.example`,
    ],
    ['a range', `URL/a -r 0-99`],
    ['the head', `-I URL/a?b=c`],
    ['cookies that are no keys', `URL/a -b 'lang=de; theme=dark'`],
    ['a query of its own', `URL/a?x=1 --url-query 'q=a b&c' --url-query 'r=ü'`],
    ['values of one name that are no numbers', `'URL/a?tag=1&tag=x'`],
    ['data added to a query', `-G 'URL/a?y&x=1' -d 'x=2' -d z`],
    ['JSON in pieces', `URL/a --json '{"a":' --json '1}'`],
    ['lines as they are', `URL/a -H 'Content-Type: text/csv' --data-binary 'a,b\n1,2\n'`],
    ['lines without their ends', `URL/a -H 'Content-Type: text/csv' --data-raw 'a,b\n1,2'`],
    ['a body with DELETE', `-X DELETE URL/a --json '{"ids":[2]}'`],
    ['a patch', `-X PATCH URL/a -H 'Content-Type: application/merge-patch+json' -d '{"a":null}'`],
    ['options behind each other', `-sSLX POST URL/a -dx=1 -H'X-Own: 2' --data y=2`],
    ['escapes in a path', `'URL/v1/a%3Ab/%C3%BC/c,d=e/x.y~z'`],
    ['a fragment', `'URL/a?b=c#d'`],
    [
      'signs in names',
      `-G URL/a --data-urlencode 'filter[name]=a' --data-urlencode 'x.y-z=1' -d 'e='`,
    ],
    [
      'a form that says its type',
      `URL/a -H 'Content-Type: application/x-www-form-urlencoded; charset=utf-8' -d 'a=%20+b'`,
    ],
    [
      'parts with names and types',
      `URL/a -F 'meta={"a":1};type=application/json' -F 'a=1' -F 'b=2'`,
    ],
  ])('sends what the command sends: %s', async (_, options) => {
    const written = options.replaceAll('URL', origin)
    heard.length = 0
    await promisify(execFile)('/bin/sh', ['-c', `curl -s ${written}`])
    const [said] = heard
    if (said === undefined) throw new Error('nothing came')
    const [imported] = importCurl({ document: `curl -s ${written}` }).tools
    if (imported === undefined || imported.outcome === 'refused')
      throw new Error(JSON.stringify(imported))
    const args = exampleOf(imported.definition.inputSchema) as Record<string, unknown>
    const built = compileTool(imported.definition).build(args, world)
    const tool: FrozenTool = {
      ...{ toolId: 'tol_1', toolsetId: 'tls_1', name: 'a.b', digest: '' },
      ownHeaders: built.ownHeaders,
    }
    const frozen = freezeRequest(built, { tool })
    const url = new URL(frozen.url)
    const asked = new URL(origin + (said.request.url ?? ''))
    expect([frozen.method, url.pathname]).toEqual([said.request.method, asked.pathname])
    expect(pairs(url.search)).toEqual(pairs(asked.search))
    const headers = new Map(frozen.headers)
    for (const name of ['x-own', 'accept', 'range', 'referer', 'cookie']) {
      expect([name, headers.get(name)]).toEqual([name, said.request.headers[name]])
    }
    const type = said.request.headers['content-type'] ?? ''
    expect(headers.get('content-type')?.split(';')[0] ?? '').toBe(type.split(';')[0])
    const body = Buffer.from(frozen.body ?? [])
    expect(sense(body, headers.get('content-type'))).toEqual(sense(said.body, type))
  })
})
