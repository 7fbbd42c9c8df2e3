import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const key = {
  kty: 'EC',
  crv: 'P-256',
  x: 'a'.repeat(43),
  y: 'b'.repeat(43),
  d: 'SECRET'.padEnd(43, 'c'),
}
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const files: Record<string, string> = {
  '/k.json': JSON.stringify({ ...key, kid: 'x', key_ops: ['verify'] }),
  '/home/u/k.json': JSON.stringify(key),
  '/text': 'SECRET not json',
  '/public.json': JSON.stringify({ ...key, d: undefined }),
}

const read = (env: Record<string, string>) =>
  readConfig({
    env,
    homeDir: '/home/u',
    readText: (path) => {
      const text = files[path]
      if (text !== undefined) return text
      throw Object.assign(new Error('SECRET'), { code: 'ENOENT' })
    },
  })

const url = { SALLYPORT_BASE_URL: 'http://127.0.0.1:4770' }
const agent = { ...url, SALLYPORT_AGENT_ID: 'agt_1' }

describe('variables', () => {
  it('take the key from a file, the audience from the address', () => {
    const { auth, baseUrl } = read({
      ...agent,
      SALLYPORT_BASE_URL: 'https://v.example/',
      SALLYPORT_PRIVATE_KEY_PATH: '/k.json',
    })
    expect(baseUrl).toBe('https://v.example')
    expect(auth).toMatchObject({
      kind: 'agent',
      agentId: 'agt_1',
      audience: 'https://v.example',
      privateKey: key,
    })
  })

  it('take the key itself in base64, base64url or as JSON', () => {
    for (const value of [
      base64(key),
      Buffer.from(JSON.stringify(key)).toString('base64url'),
      JSON.stringify(key),
    ]) {
      expect(read({ ...agent, SALLYPORT_PRIVATE_KEY: value }).auth).toMatchObject({
        privateKey: key,
      })
    }
  })

  it('find a key under ~, where clients pass it on as it stands', () => {
    expect(read({ ...agent, SALLYPORT_PRIVATE_KEY_PATH: '~/k.json' }).auth).toMatchObject({
      privateKey: key,
    })
  })

  it('are each read under the older name too, the new one first', () => {
    const older = Object.fromEntries(
      Object.entries({
        BASE_URL: 'https://old.example',
        AGENT_ID: 'agt_old',
        PRIVATE_KEY_PATH: '/k.json',
        TOKEN_AUDIENCE: 'https://aud.example/',
        POLL_TIMEOUT_MS: '1000',
        POLL_INTERVAL_MS: '100',
      }).map(([name, value]) => [`AGENTHIFIVE_${name}`, value]),
    )
    expect(read(older)).toMatchObject({
      baseUrl: 'https://old.example',
      auth: { agentId: 'agt_old', audience: 'https://aud.example' },
      pollTimeoutMs: 1000,
      pollIntervalMs: 100,
    })
    expect(read({ ...older, SALLYPORT_AGENT_ID: 'agt_new' }).auth).toMatchObject({
      agentId: 'agt_new',
    })
    expect(read({ ...url, AGENTHIFIVE_BEARER_TOKEN: 'ah5t_x' }).auth).toEqual({
      kind: 'bearer',
      token: 'ah5t_x',
    })
  })

  it('prefer a bearer token', () => {
    const env = { ...agent, SALLYPORT_PRIVATE_KEY_PATH: '/k.json', SALLYPORT_BEARER_TOKEN: 'spt_x' }
    expect(read(env).auth).toEqual({ kind: 'bearer', token: 'spt_x' })
  })

  it('may hold credentials of the caller’s own, each for one connection', () => {
    const env = { ...agent, SALLYPORT_BEARER_TOKEN: 'spt_x' }
    expect(read(env).callerCredentials).toEqual({})
    const two = { ...env, SALLYPORT_CALLER_CREDENTIAL: 'con_a  Token one, con_b two' }
    expect(read(two).callerCredentials).toEqual({ con_a: 'Token one', con_b: 'two' })
    const wrong = { ...env, SALLYPORT_CALLER_CREDENTIAL: 'nothing-but-a-secret' }
    expect(() => read(wrong)).toThrow(/^SALLYPORT_CALLER_CREDENTIAL must be the id/)
    expect(() => read(wrong)).not.toThrow(/nothing-but/)
  })

  const keyed = { ...agent, SALLYPORT_PRIVATE_KEY_PATH: '/k.json' }
  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {}, /^SALLYPORT_BASE_URL is missing/],
    ['an empty address', { SALLYPORT_BASE_URL: ' ' }, /^SALLYPORT_BASE_URL is missing/],
    [
      'an unexpanded address',
      { SALLYPORT_BASE_URL: `\${VAULT_URL}` },
      /^SALLYPORT_BASE_URL \(it holds \$\{VAULT_URL\} literally.*is missing/,
    ],
    [
      'an unexpanded older name',
      { AGENTHIFIVE_BASE_URL: `https://\${HOST}` },
      /^AGENTHIFIVE_BASE_URL \(it holds \$\{HOST\} literally/,
    ],
    [
      'an address that is none',
      { SALLYPORT_BASE_URL: 'vault:4770' },
      /^SALLYPORT_BASE_URL must be an address/,
    ],
    [
      'an address of another scheme',
      { SALLYPORT_BASE_URL: 'ftp://v' },
      /^SALLYPORT_BASE_URL must be an address/,
    ],
    [
      'an address with a password',
      { SALLYPORT_BASE_URL: 'https://u:SECRET@v' },
      /^SALLYPORT_BASE_URL must be an address/,
    ],
    [
      'no credentials',
      url,
      /^No credentials: set SALLYPORT_AGENT_ID and SALLYPORT_PRIVATE_KEY_PATH, or SALLYPORT_BEARER_TOKEN/,
    ],
    [
      'an unexpanded token',
      { ...url, SALLYPORT_BEARER_TOKEN: `\${TOKEN}` },
      /SALLYPORT_BEARER_TOKEN \(it holds \$\{TOKEN\} literally/,
    ],
    ['an agent without a key', agent, /^SALLYPORT_PRIVATE_KEY_PATH is missing/],
    [
      'a key without an agent',
      { ...url, SALLYPORT_PRIVATE_KEY_PATH: '/k.json' },
      /^SALLYPORT_AGENT_ID is missing/,
    ],
    [
      'a file that is not there',
      { ...agent, SALLYPORT_PRIVATE_KEY_PATH: '/gone' },
      /^SALLYPORT_PRIVATE_KEY_PATH names a file .*\/gone \(ENOENT\)/,
    ],
    [
      'a file that is not JSON',
      { ...agent, SALLYPORT_PRIVATE_KEY_PATH: '/text' },
      /^SALLYPORT_PRIVATE_KEY_PATH \(\/text\) does not hold the JSON/,
    ],
    [
      'a public key',
      { ...agent, SALLYPORT_PRIVATE_KEY_PATH: '/public.json' },
      /^SALLYPORT_PRIVATE_KEY_PATH .*ES256 private key/,
    ],
    [
      'a value that is no key',
      { ...agent, AGENTHIFIVE_PRIVATE_KEY: 'SECRET' },
      /^AGENTHIFIVE_PRIVATE_KEY does not hold/,
    ],
    [
      'a key of another curve',
      { ...agent, SALLYPORT_PRIVATE_KEY: base64({ ...key, crv: 'P-384' }) },
      /^SALLYPORT_PRIVATE_KEY does not hold an ES256/,
    ],
    [
      'a token with a line break',
      { ...url, SALLYPORT_BEARER_TOKEN: 'a\r\nb' },
      /^SALLYPORT_BEARER_TOKEN must be a token/,
    ],
    [
      'a wait that is no number',
      { ...keyed, SALLYPORT_POLL_TIMEOUT_MS: '5m' },
      /^SALLYPORT_POLL_TIMEOUT_MS must be a whole number/,
    ],
    [
      'an interval of zero',
      { ...keyed, AGENTHIFIVE_POLL_INTERVAL_MS: '0' },
      /^AGENTHIFIVE_POLL_INTERVAL_MS must be a whole number/,
    ],
  ])('name the one that is wrong: %s', (_, env, sentence) => {
    const message = messageOf(() => read(env))
    expect(message).toMatch(sentence)
    expect(message).not.toContain('SECRET')
    expect(message).not.toContain('\n')
  })

  it('say of an unexpanded one that could be done without that it was ignored', () => {
    const env = { ...url, SALLYPORT_BEARER_TOKEN: 'x', SALLYPORT_TOKEN_AUDIENCE: `\${AUD}` }
    expect(read(env).notes).toEqual([
      expect.stringMatching(/^SALLYPORT_TOKEN_AUDIENCE is ignored: .*\$\{AUD\}/),
    ])
  })
})

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('Expected a fault')
}
