import { callerCredentialHeader, Problem, secretCharsMin } from '@sallyport/contracts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import type { ReadyCredential } from './send-permitted.ts'

// Reads the header in which callers send credentials of their own. What is wrong with it is said without a letter of it.

/** Credentials that came along with a call. They stay within: nothing that writes this down finds one. */
export interface PassedCredentials {
  /** The one that is meant for this connection, and for no other. */
  find(connectionId: string): string | undefined
}

/** What the request path needs for credentials that callers pass. */
export interface CallerCredentials {
  /** @throws Problem invalid-header where one cannot stand in the place that the connection says */
  check(connection: ConnectionSnapshot, value: string): Promise<void>
  /** Puts one in that place. @throws Problem as `check` does */
  ready(connection: ConnectionSnapshot, value: string): Promise<ReadyCredential>
  /** A keyed hash by which two of one connection are compared. */
  fingerprint(connection: ConnectionSnapshot, value: string): string
}

/** Credentials of one call. */
const passedMax = 20
/** Characters of one. */
const valueCharsMax = 8192
/** A scheme and what follows it are two. Each is looked for in answers by itself. */
const wordsMax = 4

export const nonePassed: PassedCredentials = { find: () => undefined }

/**
 * Reads `con_… value, con_… value`: each is meant for the connection that it names. Headers of the same name arrive joined by commas
 * (RFC 9110 §5.3), so no credential holds one.
 * @throws Problem invalid-header
 */
export function readPassedCredentials(header: string | undefined): PassedCredentials {
  if (header === undefined) return nonePassed
  const entries = header.split(',').map(readEntry)
  if (entries.length > passedMax) refuse(`it holds more than ${passedMax} credentials`)
  const byConnection = new Map(entries)
  if (byConnection.size < entries.length) refuse('it names a connection twice')
  return { find: (connectionId) => byConnection.get(connectionId) }
}

function readEntry(entry: string): [connectionId: string, value: string] {
  const text = entry.trim()
  const end = text.search(/[ \t]/)
  const connectionId = end < 0 ? text : text.slice(0, end)
  const value = end < 0 ? '' : text.slice(end).trim()
  if (!/^con_[0-9A-Za-z]{1,64}$/.test(connectionId)) {
    refuse('it has to be the id of a connection, a space and the credential')
  }
  if (value.length < secretCharsMin || value.length > valueCharsMax) {
    refuse(`a credential has ${secretCharsMin} to ${valueCharsMax} characters`)
  }
  if (!/^[\x20-\x7e]+$/.test(value)) refuse('a credential is printable ASCII')
  if (value.split(/ +/).length > wordsMax) refuse(`a credential has at most ${wordsMax} words`)
  return [connectionId, value]
}

/** As the header is written in sentences. */
export const passedHeaderName = callerCredentialHeader.replaceAll(/\b[a-z]/g, (letter) =>
  letter.toUpperCase(),
)

function refuse(what: string): never {
  throw invalidPassed(`The header ${passedHeaderName} cannot be read: ${what}.`)
}

/** What is wrong with a credential that was passed. `detail` holds nothing of it. */
export const invalidPassed = (
  detail: string,
  next = `Send ${passedHeaderName}: <connection id> <credential>; several with commas between them.`,
): Problem => new Problem('invalid-header', detail, { next })
