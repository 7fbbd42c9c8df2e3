import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anIntent } from '../../../../test/fixtures/audit-log.ts'
import { verifies } from '../../../../test/verifies.ts'
import {
  type AuditEvent,
  type AuditIntent,
  draftEvent,
  draftIntent,
  draftOutcome,
  draftRefusal,
} from './entry.ts'

const workspaceId = 'wsp_01k8v3t5m9r2c4x6z8b0d1f3h5'
const at = '2026-05-01T10:00:00.123Z'
const secret = 'sk-live-0123456789abcdef'

describe('audit entry', () => {
  it('holds nothing but its own members, whatever else is handed in', () => {
    verifies('S-38')
    const stray = {
      body: secret,
      query: { token: secret },
      headers: { authorization: secret },
      credential: { token: secret },
      url: `https://api.example.com/?key=${secret}`,
    }
    const intent = { ...anIntent(workspaceId), ...stray }
    expect(draftIntent(intent, at).entry).not.toContain(secret)
    expect(draftRefusal({ ...intent, problem: 'policy-denied' }, at).entry).not.toContain(secret)
    const end = { auditId: intent.auditId, workspaceId, outcome: 'sent' as const, ...stray }
    expect(draftOutcome(end, at).entry).not.toContain(secret)
    const event: AuditEvent = { ...intent, outcome: 'done' }
    expect(draftEvent(event, at).entry).not.toContain(secret)
  })

  it('cuts a query or a fragment off a path', () => {
    verifies('S-38')
    for (const tail of [`?key=${secret}`, `#${secret}`]) {
      const { entry } = draftIntent(anIntent(workspaceId, { path: `/v1/a${tail}` }), at)
      expect(entry).not.toContain(secret)
      expect(JSON.parse(entry).path).toBe('/v1/a')
    }
  })

  it('repeats no id that is not of the usual form', () => {
    const hostile = ['', 'x', 'con_', `con_${secret}\nfoo`, 'con_\u0000', '\u202econ_a', 'CON_a']
    for (const connectionId of hostile) {
      const draft = draftIntent(anIntent(workspaceId, { connectionId }), at)
      expect(draft.connectionId).toBeUndefined()
      expect(JSON.parse(draft.entry)).not.toHaveProperty('connectionId')
    }
    expect(() => draftIntent(anIntent(workspaceId, { auditId: 'a\nb' }), at)).toThrow(/id/)
  })

  it('is one bounded line that says what the columns say, whatever the texts are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6_000 })
    const over: fc.Arbitrary<Partial<AuditIntent>> = fc.record({
      operation: text,
      reason: text,
      method: text,
      host: text,
      path: text,
      ruleId: text,
      agentId: text,
      queryNames: fc.array(text, { maxLength: 100 }),
      requestBytes: fc.double(),
      policyVersion: fc.double(),
    })
    fc.assert(
      fc.property(over, (given) => {
        const draft = draftIntent(anIntent(workspaceId, given), at)
        expect(draft.entry).not.toMatch(/[\n\r\0]/)
        expect(draft.entry.length).toBeLessThan(200_000)
        const said = JSON.parse(draft.entry)
        expect(said).toMatchObject({ v: 1, kind: 'intent', id: draft.auditId, at: draft.at })
        expect(said.agentId).toBe(draft.agentId)
        expect(JSON.stringify(said)).toBe(draft.entry)
      }),
      { numRuns: 60 },
    )
  })

  it('has the same bytes for the same facts, in whatever order they are handed in', () => {
    const intent = anIntent(workspaceId)
    const turned: AuditIntent = Object.assign(
      {},
      ...Object.entries(intent)
        .reverse()
        .map(([k, v]) => ({ [k]: v })),
    )
    expect(draftIntent(turned, at).entry).toBe(draftIntent(intent, at).entry)
    const event = { ...intent, outcome: 'done' as const }
    expect(draftEvent({ ...event, detail: { a: 1, b: true } }, at).entry).toBe(
      draftEvent({ ...event, detail: { b: true, a: 1 } }, at).entry,
    )
  })
})
