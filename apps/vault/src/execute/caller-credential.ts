import { callerCredentialLine, Problem } from '@sallyport/contracts'
import type { ExecuteNeeds } from './execute-needs.ts'
import type { CredentialSlot } from './freeze-request.ts'
import {
  invalidPassed,
  nonePassed,
  type PassedCredentials,
  passedHeaderName,
} from './passed-credentials.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'

// A connection of the kind `caller` keeps no credential: what a caller sends along with a call goes on that call and is forgotten.

/**
 * The same needs, but that connections which take the caller's own credential get the one that was passed for them. It is looked at
 * before anything is decided, and everything behind goes by its fingerprint; the credential itself stands in this closure alone.
 * Problems: `caller-credential-missing`, and `invalid-header` for one that the connection does not take.
 */
export function passing(needs: ExecuteNeeds, passed: PassedCredentials = nonePassed): ExecuteNeeds {
  const { findSlot, readyCredential, callers } = needs

  async function slotOfCaller(connection: ConnectionSnapshot): Promise<CredentialSlot> {
    const value = valueFor(connection, passed)
    await callers.check(connection, value)
    return {
      ...(await findSlot(connection)),
      passed: callers.fingerprint(connection, value),
    }
  }

  function requireNone(connection: ConnectionSnapshot): void {
    if (passed.find(connection.id) === undefined) return
    // Else the caller would act as somebody else than they believe.
    throw invalidPassed(
      'The connection takes no credential of the caller’s. Nothing was sent.',
      `Leave its id out of ${passedHeaderName}.`,
    )
  }

  return {
    ...needs,
    findSlot(connection) {
      if (connection.credentialKind === 'caller') return slotOfCaller(connection)
      requireNone(connection)
      return findSlot(connection)
    },
    readyCredential(connection) {
      if (connection.credentialKind !== 'caller') return readyCredential(connection)
      // Within a promise, so that what it throws is rejected.
      return Promise.resolve().then(() => callers.ready(connection, valueFor(connection, passed)))
    },
  }
}

function valueFor({ id }: ConnectionSnapshot, passed: PassedCredentials): string {
  const value = passed.find(id)
  if (value !== undefined) return value
  throw new Problem(
    'caller-credential-missing',
    'This connection takes your own credential, and none came with the call. Nothing was sent.',
    {
      next: `Whoever set you up sends the header ${callerCredentialLine(id)} with your calls (sallyport-mcp: the variable SALLYPORT_CALLER_CREDENTIAL, without the header’s name). The vault keeps none for it, so no owner can add it.`,
    },
  )
}

/** For whoever tries such a connection in the vault's own pages: nothing is there to be tried. */
export const noCredentialToTry = () =>
  new Problem(
    'caller-credential-missing',
    'The vault keeps no credential for this connection: each caller sends its own. Nothing was sent.',
    { next: `Call it as an agent, with the header ${passedHeaderName}.` },
  )
