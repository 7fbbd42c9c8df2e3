import type { BodyNode } from './body-node.ts'

/** The message (RFC 5322) that a text spells, in base64url or base64; undefined for what cannot be read. */
export function messageOf(_node: BodyNode, _text: string): BodyNode | undefined {
  return undefined
}
