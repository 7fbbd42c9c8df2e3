import { createClient } from '@sallyport/sdk'
import type { TestAgent } from '../test/fixtures/vault.ts'
import type { LoadTarget } from './load.ts'

/** Whose call, and where it is sent. */
export interface ExecuteCall {
  readonly agent: Pick<TestAgent, 'agentId' | 'privateKey'>
  readonly connectionId: string
  /** The upstream, where `/items` is read. */
  readonly origin: string
}

/** `execute` as bytes: signs in, calls once, and takes the token that it did that with. `audience`: of a replica, its issuer. */
export async function executeTarget(
  vault: { readonly url: string; readonly audience?: string },
  { agent, connectionId, origin }: ExecuteCall,
): Promise<LoadTarget> {
  const { agentId, privateKey } = agent
  const { url, audience } = vault
  let bearer = ''
  const client = createClient({
    baseUrl: url,
    auth: { kind: 'agent', agentId, privateKey, ...(audience !== undefined && { audience }) },
    fetch: (input, init) => {
      bearer = new Headers(init?.headers).get('authorization') ?? bearer
      return fetch(input, init)
    },
  })
  const call = { connectionId, method: 'GET', url: `${origin}/items` }
  await client.call('execute', call)
  const { host, port } = new URL(url)
  const body = JSON.stringify(call)
  const head = `POST /v1/vault/execute HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${bearer}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  return {
    port: Number(port),
    request: Buffer.from(head + body),
    expected: '"body":{"items":[',
  }
}
