import { AuditDecision, type AuditEntry, AuditOutcome, operations } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { ocsfEvent } from './ocsf.ts'

// What version 1.8.0 of the schema requires of class 6003 and of the objects in it, and the constraints of those objects.

type Check = (value: unknown) => string[]
type Json = Readonly<Record<string, unknown>>

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const whole: Check = (value) => (Number.isSafeInteger(value) ? [] : ['is no integer'])
const text: Check = (value) => (typeof value === 'string' && value !== '' ? [] : ['is no text'])
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value) ? [] : [`is ${value}`]

const object =
  (
    required: Record<string, Check>,
    optional: Record<string, Check> = {},
    atLeastOne: string[] = [],
  ): Check =>
  (value) => {
    if (!isJson(value)) return ['is no object']
    const missing = Object.keys(required).filter((name) => value[name] === undefined)
    const wrong = Object.entries({ ...required, ...optional }).flatMap(([name, check]) =>
      value[name] === undefined ? [] : check(value[name]).map((fault) => `${name} ${fault}`),
    )
    const some = atLeastOne.length === 0 || atLeastOne.some((name) => value[name] !== undefined)
    return [
      ...missing.map((name) => `${name} is missing`),
      ...wrong,
      ...(some ? [] : [`has none of ${atLeastOne}`]),
    ]
  }

const endpoint = object({}, { uid: text, name: text, hostname: text }, [
  'ip',
  'uid',
  'name',
  'hostname',
])
const apiActivity = object(
  {
    activity_id: oneOf(0, 1, 2, 3, 4, 99),
    category_uid: oneOf(6),
    class_uid: oneOf(6003),
    type_uid: oneOf(600300, 600301, 600302, 600303, 600304, 600399),
    severity_id: oneOf(0, 1, 2, 3, 4, 5, 6, 99),
    time: whole,
    metadata: object({
      version: oneOf('1.8.0'),
      product: object({ name: text, vendor_name: text, version: text }),
    }),
    actor: object(
      {},
      { app_uid: text, app_name: text, user: object({}, {}, ['account', 'name', 'uid']) },
      ['process', 'user', 'iam_role', 'invoked_by', 'session', 'app_name', 'app_uid'],
    ),
    api: object({ operation: text }, { request: object({ uid: text }) }),
    src_endpoint: endpoint,
  },
  {
    dst_endpoint: endpoint,
    status_id: oneOf(0, 1, 2, 99),
    action_id: oneOf(0, 1, 2, 3, 4, 99),
    http_request: object({ http_method: text, url: object({}, {}, ['url_string', 'path']) }),
    http_response: object({ code: whole }, { length: whole, latency: whole }),
    duration: whole,
    end_time: whole,
    message: text,
    unmapped: object({}),
  },
)

const least: AuditEntry = {
  id: 'aud_1',
  seq: 1,
  at: '2026-11-22T10:00:00.000Z',
  operation: 'execute',
  decision: 'allow',
  outcome: 'sent',
}
const full: AuditEntry = {
  ...least,
  ...{ agentId: 'agt_1', connectionId: 'con_1', tool: 'http__send', toolId: 'tol_1' },
  ...{ toolsetId: 'tls_1', reason: 'Allowed.', policyId: 'pol_1', policyVersion: 2, ruleId: 'r' },
  ...{ method: 'POST', host: 'api.example.com', path: '/v1', queryNames: ['q'], status: 200 },
  ...{ requestDigest: 'abc', requestBytes: 3, responseBytes: 4, durationMs: 5.25, redactions: 1 },
  ...{ usage: { inputTokens: 1, outputTokens: 2 }, endedAt: least.at, detail: { a: 1 } },
}
const source = { workspaceId: 'wsp_1', version: '0.1.0' }

describe('an entry as an OCSF event', () => {
  it('has what the schema requires, whatever the entry holds', () => {
    for (const operation of Object.keys(operations)) {
      for (const decision of AuditDecision.options) {
        for (const outcome of AuditOutcome.options) {
          for (const base of [least, full, { ...least, ownerId: 'own_1' }]) {
            const event = ocsfEvent({ ...base, operation, decision, outcome }, source)
            expect([operation, apiActivity(event)]).toEqual([operation, []])
            const { class_uid: uid, activity_id: activity, type_uid: type } = event
            expect(type).toBe(Number(uid) * 100 + Number(activity))
          }
        }
      }
    }
  })

  it('says who did what with what came of it', () => {
    expect(ocsfEvent(full, source)).toMatchObject({
      activity_id: 1,
      status_id: 1,
      action_id: 1,
      time: Date.parse(full.at),
      actor: { app_uid: 'agt_1' },
      api: { operation: 'execute', request: { uid: 'aud_1' }, response: { code: 200 } },
      metadata: { uid: 'aud_1', sequence: 1, tenant_uid: 'wsp_1', product: { name: 'Sallyport' } },
      http_request: { http_method: 'POST', url: { hostname: 'api.example.com', path: '/v1' } },
      policy: { uid: 'pol_1', version: '2' },
      unmapped: { ruleId: 'r', queryNames: ['q'], usage: { inputTokens: 1 }, detail: { a: 1 } },
    })
    const refused = { ...full, decision: 'deny', outcome: 'refused', status: undefined } as const
    expect(ocsfEvent(refused, source)).toMatchObject({ status_id: 2, action_id: 2, severity_id: 2 })
    expect(ocsfEvent({ ...full, status: 500 }, source)).toMatchObject({ status_id: 2 })
  })
})
