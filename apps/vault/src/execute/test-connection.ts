import { freezeRequest } from './freeze-request.ts'
import { type OwnersTest, permitOwnersTest } from './permit.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import type { RunningCalls } from './running-calls.ts'
import { type ReadyCredential, type SendNeeds, sendPermitted } from './send-permitted.ts'

/** What the test of a connection needs of other rooms. */
export interface ConnectionTestNeeds extends SendNeeds {
  readonly readyCredential: (connection: ConnectionSnapshot) => Promise<ReadyCredential>
  readonly beginOwnersTest: (test: OwnersTest & { readonly ownerId: string }) => Promise<unknown>
  readonly running: RunningCalls
}

/** One GET that an owner asked for. */
export interface ConnectionTest {
  readonly connection: ConnectionSnapshot
  readonly url: string
  readonly ownerId: string
  readonly auditId: string
}

/** Builds the way of a connection's test: frozen, recorded, armed, sent and scrubbed like every request. */
export function createTestConnection(needs: ConnectionTestNeeds) {
  return async ({ connection, url, ownerId, auditId }: ConnectionTest) => {
    const running = needs.running.begin({ connectionId: connection.id })
    try {
      const credential = await needs.readyCredential(connection)
      const frozen = freezeRequest(
        { method: 'GET', url },
        { allowEncodedSlash: connection.allowEncodedSlash, slot: credential.slot },
      )
      const attempt = { auditId, running }
      const permitted = await permitOwnersTest(
        (test) => needs.beginOwnersTest({ ...test, ownerId }),
        { connection, frozen, attempt },
      )
      const { status } = await sendPermitted(needs, permitted, credential)
      return { status }
    } finally {
      running.finish()
    }
  }
}
