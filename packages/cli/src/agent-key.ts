import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, type AgentPublicKey, Problem } from '@sallyport/contracts'
import type { AgentPrivateKey, Client } from '@sallyport/sdk'
import { type Settings, writeFileWhole } from './settings.ts'

/** An agent whose key stands in a file here. */
export interface OwnAgent {
  readonly id: string
  readonly name: string
  readonly keyPath: string
}

/** Makes an agent, and a key for it in a file of its own that only this user can read (mode 0600). */
export async function enrolAgent(
  owner: Client,
  settings: Settings,
  name: string,
): Promise<OwnAgent> {
  const { publicKey, privateKey } = await generateKey()
  const { agent, bootstrapSecret } = await owner.call('createAgent', { name })
  const keyPath = join(settings.configDir, 'keys', `${agent.id}.json`)
  // Before the vault knows it: a key that was enrolled and could not be written would be lost.
  writeFileWhole(keyPath, `${JSON.stringify(privateKey)}\n`, { secret: true })
  await owner.call('bootstrapAgent', { bootstrapSecret, publicKey })
  return { id: agent.id, name: agent.name, keyPath }
}

/** Takes back an agent that was made for nothing, its key first. */
export async function removeAgent(owner: Client, { id, keyPath }: OwnAgent): Promise<void> {
  rmSync(keyPath, { force: true })
  await owner.call('deleteAgent', { agentId: id })
}

/** What a client's configuration says now, and the name that the agent has to have, where one was asked for. */
export interface CurrentEntry {
  readonly environment: Readonly<Record<string, unknown>> | undefined
  readonly name: string | undefined
}

/**
 * The agent that a client's environment names already, if it is this vault's, active, and its key is still here:
 * connecting twice makes no second one.
 */
export async function findOwnAgent(
  owner: Client,
  { baseUrl }: Settings,
  { environment = {}, name }: CurrentEntry,
): Promise<OwnAgent | undefined> {
  const { SALLYPORT_AGENT_ID: id, SALLYPORT_PRIVATE_KEY_PATH: keyPath } = environment
  if (environment.SALLYPORT_BASE_URL !== baseUrl) return undefined
  if (typeof id !== 'string' || typeof keyPath !== 'string' || !existsSync(keyPath))
    return undefined
  const agent = await findAgentById(owner, id)
  const isWanted = agent?.status === 'active' && (name === undefined || name === agent.name)
  return isWanted ? { id, name: agent.name, keyPath } : undefined
}

async function findAgentById(owner: Client, agentId: string): Promise<Agent | undefined> {
  try {
    return (await owner.call('getAgent', { agentId })).agent
  } catch (thrown) {
    if (thrown instanceof Problem && ['agent-not-found', 'invalid-input'].includes(thrown.type)) {
      return undefined
    }
    throw thrown
  }
}

/** An ES256 key pair, made with the platform's own cryptography. */
async function generateKey(): Promise<{ publicKey: AgentPublicKey; privateKey: AgentPrivateKey }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const publicKey = { kty: 'EC', crv: 'P-256', x, y } as const
  return { publicKey, privateKey: { ...publicKey, d } }
}
