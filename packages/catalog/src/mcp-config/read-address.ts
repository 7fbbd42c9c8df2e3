// Where a server is reached over HTTP, and with which headers.
import type { McpTransport } from '@sallyport/contracts'
import { referencesOf, writtenText } from './config-text.ts'
import { findKeyInAddress } from './known-keys.ts'
import { type Reading, readPlainText, readSealed } from './read-texts.ts'
import { type ServerDraft, ServerFault } from './server-draft.ts'
import type { Members } from './take-members.ts'

type Address = Pick<ServerDraft, 'url' | 'headers'> & { readonly transport: McpTransport }

interface Given {
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  /** As the file says it. */
  readonly transport: McpTransport | undefined
}

/** Reads an address. @throws ServerFault for one that is none, and for one that holds a key */
export function readAddress({ url, headers, transport }: Given, reading: Reading): Address {
  const { address, basic } = takeUser(url, reading)
  const text = readPlainText(address, 'url', reading)
  if (referencesOf(text).length === 0) requireAddress(writtenText(text))
  else requireNoKeyInQuery(address)
  const hasOwn = headers.some(([name]) => name.toLowerCase() === 'authorization')
  const all =
    basic === undefined || hasOwn ? headers : [...headers, ['Authorization', basic] as const]
  const sealed = readSealed(all, 'headers', reading)
  return { url: text, headers: sealed, transport: transport ?? guess(address, reading) }
}

/** Takes the headers by the names that programs have for them. */
export function takeHeaders(members: Members, reading: Reading): (readonly [string, string])[] {
  const headers = [...members.pairs('headers', 'headersJson', 'http_headers')]
  const has = () => headers.some(([name]) => name.toLowerCase() === 'authorization')
  const token = members.text('bearerToken', 'bearer_token')
  if (token !== undefined && !has()) headers.push(['Authorization', `Bearer ${token}`])
  const name = members.text('bearer_token_env_var')
  if (name !== undefined && !has()) headers.push(['Authorization', `Bearer \${${name}}`])
  const whole = members.text('bearerTokenEnv', 'bearer_token_env')
  if (whole !== undefined && !has()) {
    headers.push(['Authorization', `\${${whole}}`])
    reading.reasons.push(
      `bearerTokenEnv: Authorization is the value of ${whole} as it stands, as mcporter sends it; write Bearer before it where the server wants that.`,
    )
  }
  return headers
}

/** A user and a password in the URL become a header, which is sealed. */
function takeUser(url: string, reading: Reading): { address: string; basic: string | undefined } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.username === '' && parsed.password === '')) {
    return { address: url, basic: undefined }
  }
  const login = `${decode(parsed.username)}:${decode(parsed.password)}`
  if (!/^[\x20-\x7e]*$/.test(login)) {
    throw new ServerFault('url has a password that is not of ASCII: give it in a header.')
  }
  parsed.username = ''
  parsed.password = ''
  reading.reasons.push(
    'url: the user and the password in it are moved into the header Authorization.',
  )
  return { address: parsed.href, basic: `Basic ${btoa(login)}` }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ServerFault('url is none.')
  }
}

function requireAddress(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new ServerFault('url is none.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ServerFault(
      `url begins with ${url.protocol.slice(0, 20)}, and not with https: or http:.`,
    )
  }
  requireNoKeyInQuery(text)
}

function requireNoKeyInQuery(text: string): void {
  const found = findKeyInAddress(text)
  if (found === undefined) return
  const where = found.parameter === undefined ? '' : ` in ?${found.parameter}`
  throw new ServerFault(
    `url holds a key${where} (${found.hint}), and would be kept readable: give it in a header, where the server takes it there.`,
  )
}

/** Programs that are told no transport try both; the address tells which one comes first. */
function guess(url: string, { reasons }: Reading): McpTransport {
  const path = /^[^?#]*/.exec(url)?.[0] ?? ''
  if (!/\/sse\/?$/.test(path)) return 'streamable_http'
  reasons.push('transport: sse, as the address ends so.')
  return 'sse'
}
