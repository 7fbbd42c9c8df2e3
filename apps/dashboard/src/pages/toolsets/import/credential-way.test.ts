import { describe, expect, it } from 'vitest'
import { comesFromConnection, credentialOf, firstWay } from './credential-way.ts'

describe('the credential that a form begins with', () => {
  it('is what the document says of the scheme, without what the vault does not know', () => {
    const scheme = {
      name: 'key',
      kind: 'header',
      known: { name: 'X-Key', prefix: 'Token ', other: 1 },
      operations: 3,
    } as const
    expect(credentialOf(scheme)).toEqual({ kind: 'header', name: 'X-Key', prefix: 'Token ' })
  })

  it('is a bearer token where no scheme says anything', () => {
    expect(credentialOf(undefined)).toEqual({ kind: 'bearer' })
  })

  it('has the lists and answers that its kind needs', () => {
    const scheme = {
      name: 'oauth',
      kind: 'oauth2-client-credentials',
      known: { tokenEndpoint: 'https://login.example.com/token' },
      operations: 1,
    } as const
    expect(credentialOf(scheme)).toEqual({
      kind: 'oauth2-client-credentials',
      tokenEndpoint: 'https://login.example.com/token',
      clientAuthentication: 'client_secret_basic',
      scopes: [],
    })
  })
})

describe('where the credential comes from, at first', () => {
  const scheme = { name: 'key', kind: 'header', known: {}, operations: 1 } as const
  const secret = { where: '-H', hint: '••••', scheme: 'key' }
  const unused = { where: 'config', hint: '••••' }

  it('is the secret of the document, else a new one for its scheme, else none', () => {
    expect(firstWay({ secretsFound: [secret], securitySchemes: [scheme] })).toBe('found')
    expect(firstWay({ secretsFound: [], securitySchemes: [scheme] })).toBe('new')
    expect(firstWay({ secretsFound: [unused], securitySchemes: [] })).toBe('none')
  })
})

describe('a connection that is chosen', () => {
  const account = { name: 'login', kind: 'oauth2', known: {}, operations: 1 } as const
  const key = { name: 'key', kind: 'header', known: {}, operations: 1 } as const

  it('serves who has one, and a scheme whose tokens come from an account', () => {
    expect(comesFromConnection('existing', key)).toBe(true)
    expect(comesFromConnection('new', account)).toBe(true)
    expect(comesFromConnection('new', key)).toBe(false)
    expect(comesFromConnection('new', undefined)).toBe(false)
    expect(comesFromConnection('none', account)).toBe(false)
    expect(comesFromConnection('found', account)).toBe(false)
  })
})
