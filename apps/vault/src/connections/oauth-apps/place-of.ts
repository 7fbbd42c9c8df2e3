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
export function placeOf({ provider, clientId, parameters, own }: SealedApp): string {
  const endpoints = endpointNames.map((name) => own?.server[name] ?? null)
  const named = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([provider, clientId, named, own === undefined ? null : endpoints])
  return createHash('sha256').update(text).digest('base64url')
}
