import type { ExecuteNeeds } from './execute-needs.ts'
import type { CredentialSlot } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { createScrubber } from './scrub.ts'
import type { ReadyCredential } from './send-permitted.ts'

type Carrying = Pick<ResolvedCall, 'connection' | 'tool'>

const nowhere: CredentialSlot = {}
/** Nothing goes on, so nothing of it can come back. */
const nothing: ReadyCredential = { put: { headers: [], query: [] }, scrubber: createScrubber([]) }

/** Does the credential of the connection go on? A tool may be one that takes none. */
const takesNone = ({ tool }: Carrying) => tool?.compiled.credential === 'none'

/** Where the credential of a call will go. */
export const slotFor = (
  { findSlot }: Pick<ExecuteNeeds, 'findSlot'>,
  call: Carrying,
): CredentialSlot | Promise<CredentialSlot> =>
  takesNone(call) ? nowhere : findSlot(call.connection)

/** What goes on the request of a call. Throws as `readyCredential` does. */
export const credentialFor = (
  { readyCredential }: Pick<ExecuteNeeds, 'readyCredential'>,
  call: Carrying,
): ReadyCredential | Promise<ReadyCredential> =>
  takesNone(call) ? nothing : readyCredential(call.connection)
