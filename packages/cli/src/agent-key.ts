import { join } from 'node:path'
import type { AgentPublicKey } from '@sallyport/contracts'
import type { AgentPrivateKey } from '@sallyport/sdk'
import { type Settings, writeFileWhole } from './settings.ts'

/** A new ES256 key pair: what the vault may know, and what stays with the agent. */
export interface AgentKeyPair {
  readonly publicKey: AgentPublicKey
  readonly privateKey: AgentPrivateKey
}

/** Makes an ES256 key pair with the platform's own cryptography. */
export async function generateAgentKey(): Promise<AgentKeyPair> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const publicKey = { kty: 'EC', crv: 'P-256', x, y } as const
  return { publicKey, privateKey: { ...publicKey, d } }
}

/** Writes an agent's private key into a file of its own, mode 0600, and returns the path. */
export function writeAgentKey(settings: Settings, agentId: string, key: AgentPrivateKey): string {
  const path = join(settings.configDir, 'keys', `${agentId}.json`)
  writeFileWhole(path, `${JSON.stringify(key)}\n`, { secret: true })
  return path
}
