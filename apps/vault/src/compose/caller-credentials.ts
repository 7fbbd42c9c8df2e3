import type { CredentialOpener } from '../connections/credential-opener.ts'
import type { OpenedCredential } from '../connections/opened-credential.ts'
import type { CallerCredentials } from '../execute/passed-credentials.ts'
import type { ConnectionSnapshot } from '../execute/resolve-call.ts'
import { createScrubber } from '../execute/scrub.ts'

/** What looking for one in the answer to its call may cost: about a second. A random one of 8 KB that comes back ten times takes half of it. */
const scrubStepsMax = 1 << 22

/** Readies what callers pass: opened anew for each call, and kept for none. */
export function createCallerCredentials({
  opener,
  fingerprint,
}: {
  readonly opener: Pick<CredentialOpener, 'open'>
  readonly fingerprint: (workspaceId: string, parts: readonly string[]) => string
}): CallerCredentials {
  async function layOut(connection: ConnectionSnapshot, value: string): Promise<OpenedCredential> {
    const { ofCaller } = await opener.open(connection)
    if (ofCaller === undefined) throw new Error('the connection has a credential of its own')
    return ofCaller(value)
  }
  return {
    async check(connection, value) {
      await layOut(connection, value)
    },
    async ready(connection, value) {
      const put = await layOut(connection, value)
      // Whoever sends it may have chosen it, and what comes back as well.
      return { put, scrubber: createScrubber(put.secrets, { stepsMax: scrubStepsMax }) }
    },
    fingerprint: ({ id, workspaceId }, value) =>
      fingerprint(workspaceId, ['caller-credential', id, value]),
  }
}
