import type { ExecuteNeeds } from './execute-needs.ts'
import { freezeRequest } from './freeze-request.ts'
import { type OwnersTest, permitOwnersTest } from './permit.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import type { RunningCalls } from './running-calls.ts'
import { renewRefused } from './send-again.ts'
import { type ReadyCredential, type SendNeeds, sendPermitted } from './send-permitted.ts'

/** What the test of a connection needs of other rooms. */
export interface ConnectionTestNeeds
  extends SendNeeds,
    Pick<ExecuteNeeds, 'findSlot' | 'readyCredential' | 'newId'> {
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

/** What the upstream said, and under which audit entry. */
export interface ConnectionTested {
  readonly status: number
  readonly auditId: string
}

/**
 * Builds the way of a connection's test: frozen, recorded, armed, sent and scrubbed like every request. An access token that
 * is refused is renewed, and the test sent once more under an audit entry of its own.
 */
export function createTestConnection(needs: ConnectionTestNeeds) {
  return async ({
    connection,
    url,
    ownerId,
    auditId,
  }: ConnectionTest): Promise<ConnectionTested> => {
    const running = needs.running.begin({ connectionId: connection.id })
    try {
      const frozen = freezeRequest(
        { method: 'GET', url },
        {
          allowEncodedSlash: connection.allowEncodedSlash,
          slot: await needs.findSlot(connection),
        },
      )
      const send = async (credential: ReadyCredential, attemptId: string) => {
        const permitted = await permitOwnersTest(
          (test) => needs.beginOwnersTest({ ...test, ownerId }),
          { connection, frozen, attempt: { auditId: attemptId, running } },
        )
        const { status } = await sendPermitted(needs, permitted, credential)
        return { status, auditId: attemptId }
      }
      const credential = await needs.readyCredential(connection)
      const tested = await send(credential, auditId)
      if (tested.status !== 401 || credential.renew === undefined) return tested
      const renewed = await renewRefused(credential.renew, connection)
      if (renewed === undefined) return tested
      if ('problem' in renewed) throw renewed.problem
      return await send(renewed, needs.newId('audit'))
    } finally {
      running.finish()
    }
  }
}
