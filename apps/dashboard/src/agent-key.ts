import { Problem } from '@sallyport/contracts'
import type { AgentPrivateKey } from '@sallyport/sdk'
import { client } from './api.ts'

/** An agent that has its key, and the key: it is known nowhere else. */
export interface EnrolledAgent {
  readonly agentId: string
  readonly privateKey: AgentPrivateKey
}

/**
 * Makes an ES256 key in this browser and enrols it with the agent's enrolment code. The private half is shown to the person
 * once and never sent.
 * @throws Problem `invalid-bootstrap-secret` where the code was used or has expired
 */
export async function enrolAgentHere(bootstrapSecret: string): Promise<EnrolledAgent> {
  if (!window.isSecureContext) {
    throw new Problem('internal-error', 'This browser makes keys only over HTTPS.', {
      next: 'Open the dashboard by HTTPS, or run `npx sallyport connect` where the agent is.',
    })
  }
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const publicKey = { kty: 'EC', crv: 'P-256', x, y } as const
  const { agentId } = await client.call('bootstrapAgent', { bootstrapSecret, publicKey })
  return { agentId, privateKey: { ...publicKey, d } }
}
