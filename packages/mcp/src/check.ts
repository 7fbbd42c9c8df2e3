import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Config } from './config.ts'
import { createNextStep } from './next-step.ts'

interface Needs {
  readonly client: Client
  readonly config: Config
  readonly print: (line: string) => void
}

/**
 * Goes the whole way once: address, sign-in, connections; prints what it found.
 * @returns a sentence if something is wrong
 */
export async function check({ client, config, print }: Needs): Promise<string | undefined> {
  try {
    const { issuer } = await client.call('getAuthorizationServerMetadata', {})
    print(`Vault        ${config.baseUrl} answers; its public URL is ${issuer}`)
    const { auth } = config
    if (auth.kind === 'agent' && auth.audience !== issuer) {
      return `The vault's public URL is ${issuer}, and the key signs for ${auth.audience}: set SALLYPORT_TOKEN_AUDIENCE=${issuer}.`
    }
    const { connections } = await client.call('listMyConnections', {})
    print(`Signed in    ${auth.kind === 'agent' ? `agent ${auth.agentId}` : 'bearer token'}`)
    print(`Connections  ${connections.length}`)
    for (const { id, service, label, status } of connections) {
      print(`  ${id}  ${service}  ${label}  ${status}`)
    }
    return undefined
  } catch (error) {
    if (error instanceof Problem) return `${error.detail} ${createNextStep(config)(error)}`
    throw error
  }
}
