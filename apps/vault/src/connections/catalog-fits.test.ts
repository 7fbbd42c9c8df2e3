import { createCatalog, type Service } from '@sallyport/catalog'
import type { ActionTemplate } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { freezeRequest } from '../execute/freeze-request.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'
import type { Facts } from '../policy/decision.ts'
import { checkExtraHeaders, checkTestUrl } from './check-connection.ts'
import { faultOfCredentialHeader } from './header-rules.ts'

// What the catalog says, tried on the rooms that have to live with it.

const catalog = createCatalog()
const known = catalog.services.filter(({ id }) => id !== 'custom')

/** Origins such as a connection of the service has. */
const originsOf = ({ origins, originPattern }: Service): string[] =>
  originPattern === undefined ? origins : [...origins, originPattern.example]

const placeholderOf = ({ credentials }: Service): string | undefined =>
  credentials
    .map((slot) => (slot.kind === 'path' ? slot.placeholder : undefined))
    .find((name) => name !== undefined)

/** A path that a pattern stands for. */
function samplePath(pattern: string, placeholder: string | undefined): string {
  const path = pattern.replace(/\/\*\*$/, '/x1/y2')
  return (placeholder === undefined ? path : path.replace('*', `{${placeholder}}`)).replaceAll(
    '*',
    'x1',
  )
}

function outcomeOf(action: ActionTemplate, service: Service, at: { method: string; url: string }) {
  const origins = originsOf(service)
  const placeholder = placeholderOf(service)
  const frozen = freezeRequest(at, {
    allowEncodedSlash: service.allowEncodedSlash,
    ...(placeholder !== undefined && { slot: { placeholder } }),
  })
  const policy = compilePolicy({
    id: 'pol_1',
    version: 1,
    document: { allow: action.allow, approval: action.approval, limits: {}, windows: [] },
  })
  const facts: Facts = {
    now: Date.parse('2026-11-21T12:00:00Z'),
    workspace: { isFrozen: false },
    agent: { status: 'active' },
    connection: { status: 'healthy', origins },
  }
  return decide(policy, frozen, facts).outcome
}

describe.each(known.map((service) => [service.id, service] as const))('%s', (_, service) => {
  it('names headers that may be sent, seen and filled in', () => {
    expect(checkExtraHeaders('requestHeaders', service.requestHeaders)).toEqual(
      service.requestHeaders,
    )
    expect(checkExtraHeaders('responseHeaders', service.responseHeaders)).toEqual(
      service.responseHeaders,
    )
    for (const slot of service.credentials) {
      if (slot.kind === 'header') expect(faultOfCredentialHeader(slot.name)).toBeUndefined()
    }
  })

  it('has a probe that a connection can be tested with', () => {
    const { probe } = service
    if (probe === undefined) return
    const origins = originsOf(service)
    const url = `${probe.origin ?? origins[0]}${probe.path}`
    expect(checkTestUrl(url, origins)).toBe(url)
    const placeholder = placeholderOf(service)
    freezeRequest(
      { method: 'GET', url },
      placeholder === undefined ? {} : { slot: { placeholder } },
    )
  })

  it('lets through, or asks about, each method and path that its actions name', () => {
    for (const action of service.actions) {
      for (const entry of action.allow) {
        const mode = entry.approval ?? action.approval
        const origin = service.origins.includes(entry.origin)
          ? entry.origin
          : service.originPattern?.example
        for (const method of entry.methods) {
          const isRead = method === 'GET' || method === 'HEAD'
          const asks = mode === 'always' || (mode === 'writes' && !isRead)
          for (const path of entry.paths) {
            const url = `${origin}${samplePath(path, placeholderOf(service))}`
            const outcome = outcomeOf(action, service, { method, url })
            // Another entry of the action may fit as well and be stricter.
            const expected = asks ? ['require_approval'] : ['allow', 'require_approval']
            expect(expected, `${action.id}: ${method} ${url}`).toContain(outcome)
          }
        }
      }
    }
  })
})
