import { createHash } from 'node:crypto'
import type { SealedApp } from './sealed-app.ts'

/** The members that say where a provider is. */
export const endpointNames = [
  'issuer',
  'authorizationEndpoint',
  'tokenEndpoint',
  'revocationEndpoint',
  'deviceAuthorizationEndpoint',
] as const

/**
 * Whom a grant is given to, and where what is sent with it goes, as far as the owner decided it: the client id, and the endpoints or
 * the parameters of the catalog's. A digest, the same for as long as the client leads where it led.
 */
export function placeOf({ provider, clientId, parameters, own, upstream }: SealedApp): string {
  const endpoints = endpointNames.map((name) => own?.server[name] ?? null)
  const named = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  const place = [provider, clientId, named, own === undefined ? null : endpoints]
  const text = JSON.stringify(
    upstream === undefined ? place : [...place, upstream.url, upstream.resource],
  )
  return createHash('sha256').update(text).digest('base64url')
}
