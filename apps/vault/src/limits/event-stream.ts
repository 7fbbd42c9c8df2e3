const preludeBytes = 12
const checksumBytes = 4
/** Total length, length of the headers, and a checksum; then headers, payload, and a checksum. */
const frameBytesMin = preludeBytes + checksumBytes

/**
 * Reads the JSON of the messages of Amazon's binary event streams, as far as their frames are whole; what Bedrock packs once more
 * (`{"bytes":"…"}`) unpacked. Checksums are not looked at: what is not JSON says nothing.
 */
export function readEventStream(bytes: Buffer): unknown[] {
  const messages: unknown[] = []
  let at = 0
  while (at + frameBytesMin <= bytes.length) {
    const total = bytes.readUInt32BE(at)
    const headers = bytes.readUInt32BE(at + 4)
    if (total < frameBytesMin + headers || at + total > bytes.length) break
    const payload = bytes.subarray(at + preludeBytes + headers, at + total - checksumBytes)
    messages.push(unpacked(tryParse(payload)))
    at += total
  }
  return messages
}

function unpacked(message: unknown): unknown {
  const isPacked = typeof message === 'object' && message !== null && 'bytes' in message
  if (!isPacked || typeof message.bytes !== 'string') return message
  return tryParse(Buffer.from(message.bytes, 'base64'))
}

function tryParse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined // A message without JSON.
  }
}
