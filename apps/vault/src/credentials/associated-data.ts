/** Where a sealed value belongs. It opens there and nowhere else (S-33). */
export interface SealContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  /** The version of the row that holds the sealed value: a positive integer. */
  readonly rowVersion: number
  /** For a credential: where it may be sent. Order and repetition mean nothing. */
  readonly origins?: readonly string[]
}

const domain = 'sallyport/v1/sealed'

/**
 * The associated data of an envelope (`docs/envelope.md`): every field behind its length, so that no two contexts
 * give the same bytes. Throws a RangeError for a context that has no exact encoding.
 */
export function encodeAssociatedData(context: SealContext, keyId: Uint8Array): Buffer {
  return Buffer.concat([
    lengthPrefixed(encodeText(domain)),
    lengthPrefixed(encodeText(context.table)),
    lengthPrefixed(encodeText(context.column)),
    lengthPrefixed(encodeText(context.workspaceId)),
    lengthPrefixed(encodeText(context.rowId)),
    lengthPrefixed(encodeVersion(context.rowVersion)),
    lengthPrefixed(keyId),
    encodeOrigins(context.origins),
  ])
}

/** The salt of a record's own key: its id and its version. */
export function encodeRecordSalt(context: SealContext): Buffer {
  return Buffer.concat([
    lengthPrefixed(encodeText(context.rowId)),
    lengthPrefixed(encodeVersion(context.rowVersion)),
  ])
}

/** UTF-8 behind its length in four bytes, big-endian. */
export function lengthPrefixed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** UTF-8; a lone surrogate is refused, since it would be written like any other lone surrogate. */
export function encodeText(text: string): Buffer {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('a context must be well-formed Unicode')
  return Buffer.from(text, 'utf8')
}

/** Eight bytes, big-endian. */
export function encodeVersion(version: number): Buffer {
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new RangeError('a version must be a positive integer')
  }
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(version))
  return bytes
}

/** 0 where the value is not bound to origins, else 1, their number, and each of them in the order of its bytes. */
function encodeOrigins(origins: readonly string[] | undefined): Buffer {
  if (origins === undefined) return Buffer.from([0])
  const sorted = [...new Set(origins)].map(encodeText).sort(Buffer.compare)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(sorted.length)
  return Buffer.concat([Buffer.from([1]), count, ...sorted.map(lengthPrefixed)])
}
