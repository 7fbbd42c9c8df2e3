/** A root key is missing, unreadable or out of reach. The message says what to do, and never what a key is. */
export class RootKeyError extends Error {
  override readonly name = 'RootKeyError'
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78
}
