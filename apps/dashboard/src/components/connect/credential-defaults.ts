import type { Way } from './ways.ts'

const googleTokenEndpoint = 'https://oauth2.googleapis.com/token'

/** What the credential of a form begins with, by the way that was chosen. */
export function credentialDefaults(way: Way): Readonly<Record<string, unknown>> {
  switch (way.kind) {
    case 'key':
      return keyDefaults(way.slot)
    case 'client-credentials':
      return {
        kind: 'oauth2-client-credentials',
        tokenEndpoint: way.slot?.tokenEndpoint ?? '',
        clientAuthentication: 'client_secret_basic',
        scopes: [...(way.slot?.scopes ?? [])],
      }
    case 'service-account':
      return {
        kind: 'jwt-service-account',
        tokenEndpoint: way.slot?.tokenEndpoint ?? googleTokenEndpoint,
        issuer: '',
        privateKey: '',
        scopes: [],
      }
    case 'aws':
      return { kind: 'aws-sigv4' }
    case 'refresh-token':
    case 'account':
      return { kind: 'oauth2' }
    case 'any-key':
      return { kind: 'bearer' }
  }
}

function keyDefaults(slot: Extract<Way, { kind: 'key' }>['slot']) {
  const { kind } = slot
  switch (kind) {
    case 'header':
      return {
        kind,
        name: slot.name,
        ...(slot.prefix !== undefined && { prefix: slot.prefix }),
      }
    case 'query':
      return { kind, name: slot.name }
    case 'path':
      return { kind, placeholder: slot.placeholder }
    case 'basic':
      return { kind, ...(slot.username !== undefined && { username: slot.username }) }
    case 'bearer':
      return { kind }
    case 'several':
      // All that the catalog says but what people call the key.
      return { kind, parts: slot.parts.map(({ label, ...part }) => part) }
  }
}
