import { describe, expect, it } from 'vitest'
import { coveredActions, refusedScopes, scopesOf, scopeWords } from './scope-words.ts'

const provider = {
  oauth: {
    baseScopes: ['openid', 'base'],
    scopes: { read: 'read all mail', base: 'be known' },
    scopeIncludes: {},
  },
}
const action = (id: string, scopes?: string[]) => ({
  id,
  label: id,
  description: id,
  allow: [],
  approval: 'never' as const,
  ...(scopes && { scopes }),
})
const service = {
  credentials: [
    { kind: 'bearer' as const, label: 'Key', hint: 'h', url: 'https://a.example' },
    { kind: 'oauth2' as const, scopes: ['always'] },
  ],
  actions: [action('a', ['read', 'always']), action('b', ['write']), action('c')],
}

describe('scopes', () => {
  it('are said in the words of the catalog, and never in those of an object’s prototype', () => {
    expect(scopeWords('read', provider)).toBe('read all mail')
    expect(scopeWords('toString', provider)).toBeUndefined()
    expect(scopeWords('read', undefined)).toBeUndefined()
    expect(scopeWords('openid', undefined)).toBe('know which account it is')
  })

  it('are asked for once each, with what the service always needs', () => {
    expect(scopesOf(service, ['a', 'b'])).toEqual(['always', 'read', 'write'])
    expect(scopesOf(service, [])).toEqual(['always'])
  })

  it('are missing where they were asked for and not given, but for those that say who somebody is', () => {
    const requestedScopes = ['openid', 'email', 'offline_access', 'base', 'read', 'write']
    expect(refusedScopes({ requestedScopes, grantedScopes: ['read'] }, provider)).toEqual(['write'])
    expect(refusedScopes({ requestedScopes, grantedScopes: ['read'] }, undefined)).toEqual([
      'base',
      'write',
    ])
  })

  it('cover an action that needs none, and one that has all', () => {
    expect(coveredActions(service, ['read', 'always'], undefined)).toEqual(['a', 'c'])
    expect(coveredActions(service, ['read'], undefined)).toEqual(['c'])
  })
})
