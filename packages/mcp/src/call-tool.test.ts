import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import type { CallContext } from './call-context.ts'
import { createCallTool } from './call-tool.ts'
import { type Config, readConfig } from './config.ts'
import { createNextStep } from './next-step.ts'
import { failed, succeeded } from './results.ts'

interface Asked {
  readonly id: string
  readonly input: Record<string, unknown>
  readonly timeoutMs: number | undefined
}

const context: CallContext = {
  signal: new AbortController().signal,
  hearsProgress: false,
  report: () => {},
}
const clock = { now: () => 0, pause: async () => {} }
const config = { pollTimeoutMs: 300_000, pollIntervalMs: 5000 }
const request = { method: 'POST', url: 'https://api.example.com/', connectionId: 'con_1' }

/** Calls tools against a client that answers each operation with one value and keeps what it was asked. */
function toolsAnswering(answer: object) {
  const asked: Asked[] = []
  const call = async (id: string, input: object, options: { timeoutMs?: number } = {}) => {
    asked.push({ id, input: { ...input }, timeoutMs: options.timeoutMs })
    return answer
  }
  const client = { call } as Client
  return { callTool: createCallTool({ client, config, clock }), asked }
}

const sent = { status: 200, headers: {}, body: { a: [{ b: 1 }] }, auditId: 'aud_1' }

describe('execute', () => {
  it('passes on what the vault takes and keeps what is its own', async () => {
    const { callTool, asked } = toolsAnswering(sent)
    const args = {
      ...request,
      body: { x: null },
      query: { limit: 5 },
      dryRun: null,
      select: 'a[].b',
      maxBytes: 100,
    }
    expect(await callTool('execute', args, context)).toEqual({ ...sent, body: [1] })
    expect(asked[0]?.input).toEqual({ ...request, body: { x: null }, query: { limit: 5 } })
  })

  it('never has the vault wait within the request that might be sent', async () => {
    const { callTool, asked } = toolsAnswering(sent)
    await callTool('execute', { ...request, waitSeconds: 45, reason: 'Because.' }, context)
    expect(asked.map(({ id, input }) => [id, input])).toEqual([
      ['execute', { ...request, reason: 'Because.' }],
    ])
  })

  it.each<[string, object, string]>([
    ['a missing URL', { method: 'GET' }, 'url is missing'],
    ['another method', { ...request, method: 'TRACE' }, 'method must be one of GET'],
    [
      'a misspelt argument',
      { ...request, params: {} },
      'params is not an argument; there are connectionId',
    ],
    [
      'a name that every object has',
      { ...request, constructor: 1 },
      'constructor is not an argument',
    ],
    ['a header list', { ...request, headers: ['a'] }, 'headers must be an object of strings'],
    ['a nested query', { ...request, query: { a: {} } }, 'query must be an object of strings'],
    [
      'a wait beyond the longest',
      { ...request, waitSeconds: 301 },
      'waitSeconds must be a number from 0 to 300',
    ],
    ['part of a byte', { ...request, maxBytes: 1.5 }, 'maxBytes must be a whole number'],
    [
      'a path that cannot be read',
      { ...request, select: 'a[' },
      'The argument select cannot be read',
    ],
    ['text for a switch', { ...request, dryRun: 'yes' }, 'dryRun must be true or false'],
  ])('sends nothing for %s and names it', async (_, args, sentence) => {
    const { callTool, asked } = toolsAnswering(sent)
    const problem: unknown = await callTool('execute', { ...args }, context).catch(
      (error: unknown) => error,
    )
    expect(problem).toBeInstanceOf(Problem)
    expect(String(problem)).toContain(sentence)
    expect(asked).toEqual([])
  })
})

describe('list_approvals', () => {
  it('says of each approval what to do next', async () => {
    const approval = { id: 'apr_1', approvalUrl: 'http://v/approvals/apr_1', auditId: 'aud_9' }
    const statuses = ['pending', 'approved', 'denied', 'consumed', 'expired', 'cancelled']
    const page = { approvals: statuses.map((status) => ({ ...approval, status })) }
    const { callTool } = toolsAnswering(page)
    const { approvals } = await callTool('list_approvals', {}, context)
    expect(approvals).toEqual([
      expect.objectContaining({ id: 'apr_1', next: expect.stringContaining('approvals/apr_1') }),
      expect.objectContaining({ next: expect.stringContaining('approvalId "apr_1"') }),
      expect.objectContaining({ next: expect.stringContaining('said no') }),
      expect.objectContaining({ next: expect.stringContaining('aud_9') }),
      expect.objectContaining({ next: expect.stringContaining('ask anew') }),
      expect.objectContaining({ next: expect.stringContaining('ask anew') }),
    ])
  })
})

describe('the other tools', () => {
  it('answer what the vault answers', async () => {
    const { callTool, asked } = toolsAnswering({ connections: [] })
    expect(await callTool('list_connections', {}, context)).toEqual({ connections: [] })
    expect(asked[0]?.id).toBe('listMyConnections')
  })

  it('answer a revocation in the older shape as well', async () => {
    const connection = { id: 'con_1', provider: 'p', label: 'l', status: 'revoked' }
    const { callTool } = toolsAnswering({ connection, revoked: true, auditId: 'aud_1' })
    expect(await callTool('revoke', { connectionId: 'con_1' }, context)).toEqual({
      revoked: true,
      connectionId: 'con_1',
      auditId: 'aud_1',
      connection,
    })
  })

  it('take no arguments where they need none', async () => {
    const { callTool } = toolsAnswering({})
    await expect(callTool('list_services', { verbose: true }, context)).rejects.toThrow(
      'this tool takes none',
    )
  })
})

describe('a result', () => {
  const bearerConfig: Config = {
    ...readConfig({
      env: { SALLYPORT_BASE_URL: 'http://127.0.0.1:1', SALLYPORT_BEARER_TOKEN: 'spt_secret' },
      readText: () => '',
      homeDir: '/',
    }),
  }
  const agentConfig: Config = {
    ...bearerConfig,
    auth: {
      kind: 'agent',
      agentId: 'agt_1',
      audience: 'http://127.0.0.1:1',
      keySource: 'SALLYPORT_PRIVATE_KEY_PATH (/k)',
      privateKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' },
    },
  }

  it('says the same in text and in structured content', () => {
    const all = [
      succeeded(sent),
      failed(new Problem('policy-denied'), createNextStep(bearerConfig)),
    ]
    for (const { content, structuredContent } of all) {
      expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }])
    }
  })

  it('that failed says what happened, whose move it is and what is next', () => {
    const problem = new Problem('limit-exceeded', 'The limit of 5 a minute is used up.', {
      retryAfterSeconds: 12,
      extra: { limit: 'perMinute' },
    })
    problem.auditId = 'aud_1'
    const { isError, structuredContent } = failed(problem, createNextStep(bearerConfig))
    expect(isError).toBe(true)
    expect(structuredContent).toEqual({
      limit: 'perMinute',
      error: 'The limit of 5 a minute is used up.',
      type: 'limit-exceeded',
      fixableBy: 'wait',
      next: 'Try again in 12 s.',
      retryAfterSeconds: 12,
      auditId: 'aud_1',
    })
  })

  it('gives the vault’s own advice where there is one', () => {
    const problem = new Problem('policy-denied', 'No.', { next: 'Ask the owner to allow POST.' })
    expect(failed(problem, createNextStep(bearerConfig)).structuredContent).toMatchObject({
      error: 'No.',
      next: 'Ask the owner to allow POST.',
    })
  })

  it('names what a person has to look at when a key or a token is refused', () => {
    const refused = new Problem('invalid-client', 'Refused.')
    const { next } = failed(refused, createNextStep(agentConfig)).structuredContent
    for (const part of ['agt_1', '/k', 'SALLYPORT_TOKEN_AUDIENCE']) expect(next).toContain(part)
    const skewed = new Problem('invalid-client', 'Refused.', { extra: { reason: 'clock_skew' } })
    expect(failed(skewed, createNextStep(agentConfig)).structuredContent.next).toContain('clock')
    const token = failed(
      new Problem('unauthenticated'),
      createNextStep(bearerConfig),
    ).structuredContent
    expect(token.next).toContain('SALLYPORT_BEARER_TOKEN')
    expect(JSON.stringify(token)).not.toContain('spt_secret')
  })

  it('shows nothing of a fault of this program', () => {
    const { structuredContent } = failed(
      new TypeError('reading secret of undefined'),
      createNextStep(bearerConfig),
    )
    expect(JSON.stringify(structuredContent)).not.toContain('secret of')
    expect(structuredContent.type).toBe('internal-error')
  })
})
