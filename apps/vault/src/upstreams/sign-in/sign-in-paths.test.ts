import { describe, expect, it } from 'vitest'
import {
  authenticationOf,
  chooseClient,
  documentUrlOf,
  registrableAuthentication,
} from './choose-client.ts'
import { resourceMetadataUrls, serverMetadataUrls } from './well-known.ts'

describe('where metadata are looked for', () => {
  it('is before the path of the server, and then without it', () => {
    expect(resourceMetadataUrls('https://a.example/team/mcp?x=1')).toEqual([
      'https://a.example/.well-known/oauth-protected-resource/team/mcp',
      'https://a.example/.well-known/oauth-protected-resource',
    ])
    expect(resourceMetadataUrls('https://a.example/')).toEqual([
      'https://a.example/.well-known/oauth-protected-resource',
    ])
  })

  it('is in the order that MCP gives for authorization servers', () => {
    expect(serverMetadataUrls('https://auth.example/tenant1')).toEqual([
      'https://auth.example/.well-known/oauth-authorization-server/tenant1',
      'https://auth.example/.well-known/openid-configuration/tenant1',
      'https://auth.example/tenant1/.well-known/openid-configuration',
    ])
    expect(serverMetadataUrls('https://auth.example')).toEqual([
      'https://auth.example/.well-known/oauth-authorization-server',
      'https://auth.example/.well-known/openid-configuration',
    ])
  })
})

describe('the client', () => {
  const all = {
    ...{ isGiven: true, isKept: true, takesDocuments: true },
    documentUrl: 'https://vault.example.com/x',
    registrationEndpoint: 'https://auth.example/register',
  }

  it('is the owner’s, the one from before, the document’s, a registered one, and else a matter of hands', () => {
    expect(chooseClient(all)).toBe('given')
    expect(chooseClient({ ...all, isGiven: false })).toBe('kept')
    const anew = { ...all, isGiven: false, isKept: false }
    expect(chooseClient(anew)).toBe('document')
    expect(chooseClient({ ...anew, documentUrl: undefined })).toBe('registration')
    expect(chooseClient({ ...anew, takesDocuments: false })).toBe('registration')
    const none = { ...anew, takesDocuments: false, registrationEndpoint: undefined }
    expect(chooseClient(none)).toBe('by-hand')
  })

  it('has a document only where others can read it', () => {
    const of = (url: string) => documentUrlOf(url, '/oauth/mcp-client.json')
    expect(of('https://vault.example.com')).toBe('https://vault.example.com/oauth/mcp-client.json')
    for (const closed of [
      ...['http://vault.example.com', 'https://localhost:4770', 'https://127.0.0.1:4770'],
      ...['https://[::1]', 'https://vault', 'https://vault.local', 'https://a.internal'],
    ]) {
      expect(of(closed), closed).toBeUndefined()
    }
  })

  it('proves itself as the server wants', () => {
    expect(authenticationOf(undefined)).toBe('client_secret_basic')
    expect(authenticationOf(['client_secret_post'])).toBe('client_secret_post')
    expect(registrableAuthentication(['none', 'client_secret_post'])).toBe('client_secret_post')
    expect(registrableAuthentication(['none'])).toBe('none')
    expect(registrableAuthentication(undefined)).toBe('client_secret_basic')
  })
})
