import { createHash } from 'node:crypto'
import type { ToolDefinition } from '@sallyport/contracts'
import canonicalize from 'canonicalize'

/** SHA-256, hex, of a value as canonical JSON (RFC 8785): the order of members does not count. */
export function digestOf(value: object): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}

/** What a tool is pinned by: another definition, its name and description included, has another digest. */
export const toolDigest = (definition: ToolDefinition): string => digestOf(definition)
