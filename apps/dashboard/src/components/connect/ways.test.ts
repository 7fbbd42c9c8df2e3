import { createCatalog } from '@sallyport/catalog'
import { CredentialInput } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { credentialDefaults } from './credential-defaults.ts'
import { waysInShort, waysOf } from './ways.ts'

const { services } = createCatalog()

describe('the ways to connect a service', () => {
  it.each(services.map((service) => [service.id, service] as const))(
    'are there for %s, each with a name of its own, the catalog’s first in front',
    (_, service) => {
      const ways = waysOf(service)
      expect(new Set(ways.map(({ id }) => id)).size).toBe(ways.length)
      expect(ways[0]?.isUnusual).toBeUndefined()
      expect(ways.filter(({ isUnusual }) => isUnusual !== true).length).toBeGreaterThanOrEqual(
        Math.min(service.credentials.length, 1),
      )
      expect(waysInShort(service)).not.toMatch(/undefined/)
    },
  )

  it('begin with a credential that lacks nothing but what is typed in', () => {
    const typed: Record<string, object> = {
      bearer: { token: 'secret-of-eight' },
      header: { value: 'secret-of-eight' },
      query: { value: 'secret-of-eight' },
      path: { value: 'secret-of-eight' },
      basic: { username: 'me', password: 'secret-of-eight' },
    }
    for (const way of services.flatMap(waysOf)) {
      if (way.kind !== 'key' && way.kind !== 'any-key') continue
      const defaults = credentialDefaults(way)
      const { parts } = defaults as { parts?: { kind: string }[] }
      const whole = {
        ...typed[String(defaults.kind)],
        ...defaults,
        ...(parts && { parts: parts.map((part) => ({ ...typed[part.kind], ...part })) }),
      }
      expect([way.id, CredentialInput.safeParse(whole).error]).toEqual([way.id, undefined])
    }
  })

  it('offer a refresh token only where accounts can be connected', () => {
    const oauth = { id: 'x', credentials: [{ kind: 'oauth2' as const, scopes: [] }] }
    expect(waysOf(oauth).map(({ kind }) => kind)).toEqual(['account', 'refresh-token', 'any-key'])
    expect(waysOf({ id: 'x', credentials: [] }).map(({ kind }) => kind)).toEqual(['any-key'])
  })
})
