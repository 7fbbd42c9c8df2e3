import type { FinalDecision } from './decide-request.ts'
import type { FrozenRequest } from './freeze-request.ts'

/** What would be sent, for whoever tries it; with the body where that is not the one that was asked for. */
export const tellRequest = (
  { method, url, headers, body }: FrozenRequest,
  { redacted }: FinalDecision,
) => ({
  method,
  url,
  headers: Object.fromEntries(headers),
  ...(redacted !== undefined && { redactedBody: new TextDecoder().decode(body) }),
})
