import { createHash } from 'node:crypto'
import type { ToolDefinition } from '@sallyport/contracts'
import canonicalize from 'canonicalize'

/** SHA-256, hex, of a value as canonical JSON (RFC 8785): the order of members does not count. */
export function digestOf(value: object): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}

/** Definitions are long, are never changed, and are asked about again and again while a document is read. */
const known = new WeakMap<ToolDefinition, string>()

/** Keeps the digest of a definition that was computed where the definition was made. */
export const rememberDigest = (definition: ToolDefinition, digest: string): void =>
  void known.set(definition, digest)

/** What a tool is pinned by: another definition, its name and description included, has another digest. */
export function toolDigest(definition: ToolDefinition): string {
  const before = known.get(definition)
  if (before !== undefined) return before
  const digest = digestOf(definition)
  known.set(definition, digest)
  return digest
}
