import { operations as op, Problem, type ToolProgress } from '@sallyport/contracts'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createBodyBudget } from './body-budget.ts'
import { mountTelling } from './mount-telling.ts'
import { createResponder } from './respond.ts'
import { createFlowCookie, createSessionCookie } from './session-cookie.ts'

const agent = {
  ...{ agentId: 'agt_1', workspaceId: 'wsp_1', name: 'one', via: 'token' as const },
  tokenHash: new Uint8Array(),
}
const answered = { status: 200, headers: {}, body: { text: 'a\n\nb' }, auditId: 'aud_1' }

type Work = (tell: (progress: ToolProgress) => void) => Promise<typeof answered>

/** The answer to one call whose work tells of progress as it is told to. */
async function ask(work: Work, accept: string | undefined = 'application/json, text/event-stream') {
  const mounted = mountTelling(op.callMyTool, ({ progress }) => work(progress ?? (() => {})))
  const context = {
    auth: {
      authenticateAgent: async () => agent,
      authenticateOwner: () => Promise.reject(new Error('no owners here')),
      ...{ cookies: createSessionCookie(false), flowCookies: createFlowCookie(false) },
      ownOrigins: () => [],
    },
    ...{ respond: createResponder(false), bodies: createBodyBudget() },
    log: { error: () => {}, warn: () => {} },
    recordRefusal: async () => {},
    requestId: () => 'req_1',
    clientAddress: () => '127.0.0.1',
  }
  const app = new Hono()
  app.post('/v1/tools/:name/call', (c) => mounted.serve(c, context))
  const body = JSON.stringify({ arguments: {} })
  const headers = {
    ...{ authorization: 'Bearer spt_1', 'content-type': 'application/json' },
    'content-length': String(body.length),
    ...(accept !== '' && { accept }),
  }
  return await app.request('/v1/tools/a.b/call', { method: 'POST', headers, body })
}

const later = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('an answer that tells of progress', () => {
  it('is the plain one where there is no progress to tell, or nobody asked for it', async () => {
    const quiet = await ask(async () => answered)
    expect(quiet.headers.get('content-type')).toBe('application/json')
    expect(await quiet.json()).toEqual(answered)
    const unasked = await ask(async (tell) => {
      tell({ progress: 1 })
      await later()
      return answered
    }, '')
    expect(await unasked.json()).toEqual(answered)
  })

  it('becomes a stream with the first of it, which ends in the plain answer', async () => {
    const response = await ask(async (tell) => {
      tell({ progress: 1, total: 2, message: 'line\nline' })
      await later()
      tell({ progress: 2, total: 2 })
      await later()
      return answered
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe(
      'event: progress\ndata: {"progress":1,"total":2,"message":"line\\nline"}\n\n' +
        'event: progress\ndata: {"progress":2,"total":2}\n\n' +
        `event: answer\ndata: {"status":200,"body":${JSON.stringify(answered)}}\n\n`,
    )
  })

  it('ends in the Problem where the work fails after it has begun', async () => {
    const response = await ask(async (tell) => {
      tell({ progress: 1 })
      await later()
      throw new Problem('upstream-timeout', 'Too long.', {})
    })
    const text = await response.text()
    expect(text).toContain('event: answer\ndata: {"status":504,"body":{')
    expect(text).toContain('upstream-timeout')
  })

  it('keeps no progress for a reader that does not take it, and the answer all the same', async () => {
    const response = await ask(async (tell) => {
      for (let n = 0; n < 100_000; n += 1) tell({ progress: n, message: 'x'.repeat(100) })
      await later()
      return answered
    })
    const text = await response.text()
    expect(text.match(/event: progress/g)?.length).toBeLessThan(1_001)
    expect(text).toContain('event: answer')
  })
})
