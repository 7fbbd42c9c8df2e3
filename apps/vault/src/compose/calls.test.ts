import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { ConnectionSnapshot } from '../execute/resolve-call.ts'
import type { SendCall, SendHow } from '../execute/send-call.ts'
import { composeCalls } from './calls.ts'
import { createReadyCredential } from './ready-credential.ts'
import { createSendByScheme } from './send-by-scheme.ts'

const server = 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5'
const source = 'src_01k8v3t5m9r2c4x6z8b0d1f3h5'
const how: SendHow = { poolKey: 'p', stops: new Set(), responseBytesMax: 1, deadlineMs: 1 }
const answers = (status: number): SendCall => {
  return async () => ({ status, headers: [], body: (async function* () {})() })
}
const both = () => {
  const checked: string[] = []
  const secrets = new Map([[server, ['a-secret-value']]])
  const calls = composeCalls({
    upstreams: { send: answers(201), secretsOf: (id) => secrets.get(id) ?? [] },
    sources: {
      send: answers(202),
      checkQuery: async (id, statement) => void checked.push(`${id} ${statement}`),
    },
  })
  return { calls, checked, secrets }
}
const connection = (more: Partial<ConnectionSnapshot>): ConnectionSnapshot => ({
  ...{ id: 'con_1', workspaceId: 'wsp_1', provider: 'custom', service: 'mcp', label: 'x' },
  ...{ status: 'healthy', origins: [`mcp://${server}`], requestHeaders: [], responseHeaders: [] },
  ...{ allowEncodedSlash: false, version: 1, sealed: null, credentialKind: 'upstream' },
  ...more,
})

describe('sending', () => {
  it('goes by the scheme, and what has the form of no call goes nowhere', async () => {
    verifies('S-12')
    const send = createSendByScheme(answers(200), both().calls.senders)
    const statusOf = async (url: string) => {
      const answer = await send({ method: 'GET', url, headers: [] }, how).catch(
        (error: Problem) => error,
      )
      return answer instanceof Problem ? answer.type : answer.status
    }
    expect(await statusOf('https://api.example.com/')).toBe(200)
    expect(await statusOf(`mcp://${server}/read`)).toBe(201)
    expect(await statusOf(`sql://${source}/orders`)).toBe(202)
    for (const url of [`mcp://${server}/a/b`, `sql://${source}`, 'mcp:x', 'SQL://x/y']) {
      expect(await statusOf(url), url).toBe('invalid-url')
    }
  })
})

describe('a statement of the model’s own', () => {
  it('is looked at before it is frozen, and the owner’s is not', async () => {
    const { calls, checked } = both()
    const call = { scheme: 'sql', target: source, name: 'query', method: 'GET' } as const
    await calls.check({ ...call, payload: { run: 'query', statement: 'SELECT 1' } })
    const owners = { run: 'statement', statement: 'SELECT 2', parameters: [], types: [] }
    await calls.check({ ...call, payload: owners })
    await calls.check({ ...call, scheme: 'mcp', target: server, payload: {} })
    expect(checked).toEqual([`${source} SELECT 1`])
  })
})

describe('the credential of an upstream MCP server', () => {
  const readyOf = (calls: ReturnType<typeof composeCalls>) =>
    createReadyCredential({
      opener: {
        peek: () => undefined,
        open: async () => {
          throw new Error('nothing of it is opened for a call')
        },
      },
      tokens: {
        open: async () => ({ accessToken: '', version: 1 }),
        renewRefused: async () => ({ accessToken: '', version: 1 }),
      },
      upstreamSecrets: calls.upstreamSecrets,
      now: () => 0,
    })

  it('puts nothing on a call, and is taken out of the answer as it is in force', async () => {
    verifies('S-20')
    const { calls, secrets } = both()
    const ready = readyOf(calls)
    const first = await ready(connection({}))
    expect(first.put).toEqual({ headers: [], query: [] })
    expect(first.scrubber.text('it is a-secret-value')).not.toContain('a-secret-value')
    expect(await ready(connection({}))).toBe(first)
    secrets.set(server, ['another-secret'])
    const next = await ready(connection({}))
    expect(next.scrubber.text('it is another-secret')).not.toContain('another-secret')
  })

  it('is refused where it is not clear whose it is', () => {
    const ready = readyOf(both().calls)
    for (const origins of [
      [],
      ['https://api.example.com'],
      [`mcp://${server}`, `mcp://${server}`],
    ]) {
      expect(() => ready(connection({ origins })), String(origins)).toThrow(Problem)
    }
  })
})
