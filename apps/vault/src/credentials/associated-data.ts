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

const domain = Buffer.from('sallyport/v1/sealed', 'utf8')

/**
 * The associated data of an envelope (`docs/envelope.md`): every field behind its length, so that no two contexts
 * give the same bytes. Throws a RangeError for a context that has no exact encoding.
 */
export function encodeAssociatedData(context: SealContext, keyId: Uint8Array): Buffer {
  const fields = lengthPrefixed(
    domain,
    encodeText(context.table),
    encodeText(context.column),
    encodeText(context.workspaceId),
    encodeText(context.rowId),
    encodeVersion(context.rowVersion),
    keyId,
  )
  return Buffer.concat([fields, encodeOrigins(context.origins)])
}

/** The salt of a record's own key: its id and its version. */
export function encodeRecordSalt(context: SealContext): Buffer {
  return lengthPrefixed(encodeText(context.rowId), encodeVersion(context.rowVersion))
}

/** Each part behind its length in four bytes, big-endian. */
export function lengthPrefixed(...parts: readonly Uint8Array[]): Buffer {
  const joined = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.writeUInt32BE(part.length, offset)
    joined.set(part, offset + 4)
    offset += 4 + part.length
  }
  return joined
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
  const head = Buffer.from([1, 0, 0, 0, 0])
  head.writeUInt32BE(sorted.length, 1)
  return Buffer.concat([head, lengthPrefixed(...sorted)])
}
