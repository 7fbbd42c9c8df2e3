import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CallContext, LinkNotShownYet, type Links } from './call-context.ts'
import { execute } from './execute.ts'

const approvalUrl = 'http://vault/approvals/apr_1'
const asked = {
  approvalRequired: true,
  approvalRequestId: 'apr_1',
  approvalUrl,
  expiresAt: '2027-01-01T00:00:00.000Z',
  reason: 'The policy asks for writes.',
  auditId: 'aud_1',
}
const sent = { status: 201, headers: {}, body: { ok: true }, auditId: 'aud_2' }
const request = { method: 'POST', url: 'https://api.example.com/x', connectionId: 'con_1' }
const seen = (status: string, more: object = {}) => ({ approval: { id: 'apr_1', status, ...more } })
const lost = () => new Problem('vault-timeout', 'The vault did not answer within 120 s.')

type Answer = object | Problem
type Scene = Readonly<Record<string, readonly Answer[] | ((input: Input) => Answer)>>
type Input = Readonly<Record<string, unknown>>

/**
 * A vault that answers each operation with its answers in turn (the last one again and again) and holds a look for as
 * long as it is asked to while it is pending. Time passes only so, and in pauses.
 */
function stage(scene: Scene, more: Partial<{ pollTimeoutMs: number; holds: boolean }> = {}) {
  const { pollTimeoutMs = 300_000, holds = true } = more
  const calls: { id: string; input: Input; atMs: number }[] = []
  const counts = new Map<string, number>()
  let nowMs = 0
  const call = async (id: string, input: Input, { signal }: { signal?: AbortSignal } = {}) => {
    signal?.throwIfAborted()
    calls.push({ id, input: { ...input }, atMs: nowMs })
    const count = counts.get(id) ?? 0
    counts.set(id, count + 1)
    const answers = scene[id]
    const answer =
      typeof answers === 'function' ? answers(input) : (answers?.[count] ?? answers?.at(-1))
    if (answer === undefined) throw new Error(`Nobody expected ${id}`)
    if (answer instanceof Problem) throw answer
    const isPending = 'approval' in answer && (answer.approval as Input).status === 'pending'
    if (holds && isPending) nowMs += Number(input.waitSeconds) * 1000
    return answer
  }
  const clock = {
    now: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms
    },
  }
  const needs = {
    client: { call } as unknown as Client,
    config: { pollTimeoutMs, pollIntervalMs: 5000 },
    clock,
  }
  const reports: string[] = []
  const context: CallContext = {
    signal: new AbortController().signal,
    hearsProgress: false,
    report: (message) => reports.push(message),
  }
  return {
    calls,
    reports,
    context,
    waitedMs: () => nowMs,
    ids: () => calls.map(({ id }) => id),
    run: (args: Input = {}, differently: Partial<CallContext> = {}) =>
      execute(needs, { ...request, ...args }, { ...context, ...differently }),
  }
}

const offering = (shown: Promise<boolean>) => {
  const ended: boolean[] = []
  const offered: string[] = []
  const links: Links = {
    offer: (approval) => {
      offered.push(approval.approvalUrl)
      return { shown, end: (decided) => ended.push(decided) }
    },
  }
  return { links, ended, offered }
}
const never = new Promise<boolean>(() => {})

describe('a request that an owner has to approve', () => {
  it('is answered at once with the link unless a wait is asked for', async () => {
    const { run, ids } = stage({ execute: [asked] })
    expect(await run()).toEqual({
      ...asked,
      next: expect.stringMatching(/approvals\/apr_1.*approvalId "apr_1".*waitSeconds/s),
    })
    expect(await run({ waitSeconds: 0 })).toMatchObject({ approvalRequired: true })
    expect(ids()).toEqual(['execute', 'execute'])
  })

  it('is asked for once, looked at, sent once approved, and answers what the API answered', async () => {
    const { run, calls, reports } = stage({
      execute: [asked],
      getMyApproval: [seen('pending'), seen('pending'), seen('approved')],
      executeApproval: [sent],
    })
    expect(await run({ waitSeconds: 45, select: 'ok' })).toEqual({ ...sent, body: true })
    expect(calls.map(({ id, input }) => [id, input])).toEqual([
      ['execute', request],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: 20 }],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: 20 }],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: 5 }],
      ['executeApproval', { approvalId: 'apr_1' }],
    ])
    expect(reports).toEqual([
      `Waiting for the owner to approve POST to api.example.com: ${approvalUrl}`,
    ])
  })

  it.each([
    { most: '45 s where nobody hears progress', wanted: 300, hears: false, ms: 300_000, is: 45 },
    { most: '300 s where the client hears', wanted: 300, hears: true, ms: 300_000, is: 300 },
    { most: 'what was asked for', wanted: 7.5, hears: true, ms: 300_000, is: 7.5 },
    { most: 'what the person allowed', wanted: 200, hears: true, ms: 10_000, is: 10 },
  ])('is waited for at most $most, in short requests', async ({ wanted, hears, ms, is }) => {
    const scene = { execute: [asked], getMyApproval: [seen('pending')] }
    const { run, waitedMs, calls } = stage(scene, { pollTimeoutMs: ms })
    const answer = await run({ waitSeconds: wanted }, { hearsProgress: hears })
    expect(waitedMs()).toBe(is * 1000)
    expect(answer).toMatchObject({
      approvalRequired: true,
      next: expect.stringContaining('has not answered yet'),
    })
    for (const { input } of calls) expect(Number(input.waitSeconds ?? 0)).toBeLessThanOrEqual(20)
  })

  it('is not looked at in a tight loop by a vault that does not hold the answer', async () => {
    const scene = { execute: [asked], getMyApproval: [seen('pending')] }
    const { run, ids, waitedMs } = stage(scene, { holds: false })
    await run({ waitSeconds: 45 })
    expect(waitedMs()).toBe(45_000)
    expect(ids()).toHaveLength(1 + 10)
  })

  it.each(['approval-denied', 'approval-expired', 'approval-cancelled', 'approval-stale'] as const)(
    'that ended as %s is told in the vault’s words',
    async (type) => {
      const { run } = stage({
        execute: [asked],
        getMyApproval: [seen('denied')],
        executeApproval: [new Problem(type, 'What happened.', { next: 'What to do.' })],
      })
      await expect(run({ waitSeconds: 45 })).rejects.toMatchObject({
        type,
        detail: 'What happened.',
        next: 'What to do.',
      })
    },
  )

  it('is waited for through a restart of the vault, and says so where it is not back in time', async () => {
    const gone = new Problem('vault-unreachable')
    const back = stage({
      execute: [asked],
      getMyApproval: [gone, new Problem('overloaded'), seen('approved')],
      executeApproval: [sent],
    })
    expect(await back.run({ waitSeconds: 45 })).toEqual(sent)
    const away = stage({ execute: [asked], getMyApproval: [gone] })
    expect(await away.run({ waitSeconds: 45 })).toMatchObject({
      approvalRequired: true,
      next: expect.stringContaining('could not be asked'),
    })
    expect(away.waitedMs()).toBe(45_000)
  })

  it('is not waited for where looking can not succeed', async () => {
    const scene = { execute: [asked], getMyApproval: [new Problem('unauthenticated')] }
    await expect(stage(scene).run({ waitSeconds: 45 })).rejects.toThrow(Problem)
  })

  it('ends its wait when the client cancels, and is not sent afterwards', async () => {
    const cancelled = new AbortController()
    const { run, ids } = stage({
      execute: [asked],
      getMyApproval: () => {
        cancelled.abort(new Error('cancelled'))
        return seen('pending')
      },
    })
    const wait = run({ waitSeconds: 45 }, { signal: cancelled.signal })
    await expect(wait).rejects.toThrow('cancelled')
    expect(ids()).not.toContain('executeApproval')
  })

  it('is not waited for by a dry run', async () => {
    const dry = { dryRun: true, decision: 'require_approval', reason: 'r', auditId: 'aud_1' }
    const { run, ids } = stage({ execute: [dry] })
    expect(await run({ dryRun: true, waitSeconds: 45 })).toEqual(dry)
    expect(ids()).toEqual(['execute'])
  })
})

describe('an approval that is redeemed', () => {
  it('goes with the same request and answers the API’s', async () => {
    const { run, calls } = stage({ execute: [sent] })
    expect(await run({ approvalId: 'apr_1' })).toEqual(sent)
    expect(calls[0]?.input).toEqual({ ...request, approvalId: 'apr_1' })
  })

  it('is waited for where it is pending still', async () => {
    const { run } = stage({
      execute: [asked],
      getMyApproval: [seen('approved')],
      executeApproval: [sent],
    })
    expect(await run({ approvalId: 'apr_1', waitSeconds: 10 })).toEqual(sent)
  })

  it('whose answer was lost after it was sent says so, with the audit entry, and is not tried again', async () => {
    const { run, ids } = stage({
      execute: [lost()],
      getMyApproval: [seen('consumed', { auditId: 'aud_7' })],
    })
    await expect(run({ approvalId: 'apr_1' })).rejects.toMatchObject({
      type: 'approval-consumed',
      auditId: 'aud_7',
      detail: expect.stringContaining('aud_7'),
      next: expect.stringContaining('do not send the request again'),
    })
    expect(ids()).toEqual(['execute', 'getMyApproval'])
  })

  it('that was used before says which attempt used it, as far as the vault can be asked', async () => {
    const used = new Problem('approval-consumed', 'Used already.')
    const known = { execute: [used], getMyApproval: [seen('consumed', { auditId: 'aud_7' })] }
    await expect(stage(known).run({ approvalId: 'apr_1' })).rejects.toMatchObject({
      type: 'approval-consumed',
      auditId: 'aud_7',
    })
    const unknown = { execute: [used], getMyApproval: [new Problem('vault-unreachable')] }
    await expect(stage(unknown).run({ approvalId: 'apr_1' })).rejects.toBe(used)
  })

  it('whose request was lost before it was sent is redeemed once more', async () => {
    const { run, ids } = stage({
      execute: [asked],
      getMyApproval: [seen('approved')],
      executeApproval: [lost(), sent],
    })
    expect(await run({ waitSeconds: 10 })).toEqual(sent)
    expect(ids().filter((id) => id === 'executeApproval')).toHaveLength(2)
  })

  it('of which nothing can be known says that calling again with it is safe', async () => {
    const scenes: Scene[] = [
      { execute: [lost()], getMyApproval: [new Problem('vault-unreachable')] },
      { execute: [lost()], getMyApproval: [seen('approved')], executeApproval: [lost()] },
    ]
    for (const scene of scenes) {
      await expect(stage(scene).run({ approvalId: 'apr_1' })).rejects.toMatchObject({
        type: 'vault-timeout',
        next: expect.stringMatching(/not known.*used once at most.*"apr_1"/),
      })
    }
  })

  it('is sent at most once, whatever is lost on the way', async () => {
    const lossy = fc.array(fc.constantFrom('passes', 'lost before', 'lost after'), {
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(lossy, fc.boolean(), async (fates, byArgument) => {
        let sends = 0
        let step = 0
        /** The vault's side of an attempt: it sends once, and what becomes of request and answer is up to the net. */
        const attempt = () => {
          const fate = fates[step++] ?? 'passes'
          if (fate === 'lost before') return lost()
          const isFirst = sends === 0
          if (isFirst) sends += 1
          if (fate === 'lost after') return lost()
          return isFirst ? sent : new Problem('approval-consumed')
        }
        const { run } = stage({
          execute: (input) => (input.approvalId === undefined ? asked : attempt()),
          getMyApproval: () => seen(sends === 0 ? 'approved' : 'consumed', { auditId: 'aud_7' }),
          executeApproval: attempt,
        })
        const args = byArgument ? { approvalId: 'apr_1' } : { waitSeconds: 10 }
        const outcome = await run(args).catch((error: unknown) => error)
        expect(sends).toBeLessThanOrEqual(1)
        if (outcome instanceof Problem) expect(outcome.next).toMatch(/not known|do not send/)
        else expect(outcome).toEqual(sent)
      }),
    )
  })

  it('is not asked for again without its id where the answer to the first request was lost', async () => {
    const { run, ids } = stage({ execute: [lost()] })
    await expect(run({ waitSeconds: 45 })).rejects.toMatchObject({ type: 'vault-timeout' })
    expect(ids()).toEqual(['execute'])
  })
})

describe('a client that can show the link', () => {
  const scene: Scene = {
    execute: [asked],
    getMyApproval: [seen('pending'), seen('approved')],
    executeApproval: [sent],
  }

  it('is given it, and the call waits without being asked to', async () => {
    const { links, offered, ended } = offering(never)
    expect(await stage(scene).run({}, { links })).toEqual(sent)
    expect([offered, ended]).toEqual([[approvalUrl], [true]])
  })

  it('is given none by a call that must not wait', async () => {
    const { links, offered } = offering(never)
    const { run, ids } = stage(scene)
    expect(await run({ waitSeconds: 0 }, { links })).toMatchObject({ approvalRequired: true })
    expect([offered, ids()]).toEqual([[], ['execute']])
  })

  it.each([true, false])('decides nothing by what it answers (%s)', async (answer) => {
    const pending = stage({ execute: [asked], getMyApproval: [seen('pending')] })
    const { links, ended } = offering(Promise.resolve(answer))
    const result = await pending.run({ waitSeconds: 45 }, { links })
    expect(result).toMatchObject({ approvalRequired: true })
    expect([pending.waitedMs(), ended]).toEqual([45_000, [false]])
    expect(pending.ids()).not.toContain('executeApproval')
    const approved = stage(scene)
    expect(await approved.run({ waitSeconds: 45 }, { links })).toEqual(sent)
  })

  it('that could not show it after all gets it at once, where nobody asked for a wait', async () => {
    const { links } = offering(Promise.resolve(false))
    const { run, waitedMs } = stage({ execute: [asked], getMyApproval: [seen('pending')] })
    expect(await run({}, { links })).toMatchObject({ approvalRequired: true })
    expect(waitedMs()).toBeLessThan(45_000)
  })

  it('between two rounds only is asked to, and the second round asks for the same approval', async () => {
    const { run, calls } = stage(scene)
    const first: Links = {
      offer: (approval, message) => {
        throw new LinkNotShownYet(approval, message)
      },
    }
    await expect(run({}, { links: first })).rejects.toThrow(LinkNotShownYet)
    const second: Links = {
      resumes: 'apr_1',
      offer: () => ({ shown: Promise.resolve(true), end: () => {} }),
    }
    expect(await run({}, { links: second })).toEqual(sent)
    expect(calls[1]?.input).toEqual({ ...request, approvalId: 'apr_1' })
  })
})
