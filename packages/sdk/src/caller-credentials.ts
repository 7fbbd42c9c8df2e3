import { callerCredentialHeader, Problem } from '@sallyport/contracts'

/**
 * The header in which a caller's own credentials go, each behind the id of its connection; none where there are none.
 * @throws Problem `invalid-header` for what no header can carry, or what would be read as two; none of it is told
 */
export function writeCallerCredentials(
  credentials: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const entries = Object.entries(credentials)
  if (entries.length === 0) return {}
  for (const [connectionId, value] of entries) {
    if (/^con_[0-9A-Za-z]+$/.test(connectionId) && /^[\x20-\x2b\x2d-\x7e]+$/.test(value)) continue
    throw new Problem(
      'invalid-header',
      'A credential of the caller’s own is printable ASCII without a comma, and stands for the id of a connection.',
      { next: 'Correct callerCredentials.' },
    )
  }
  const value = entries.map((entry) => entry.join(' ')).join(', ')
  return { [callerCredentialHeader]: value }
}
