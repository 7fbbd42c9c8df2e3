import { findKeyInAddress, hintOf, isKeyName, isPlaceholder, looksLikeKey } from './known-keys.ts'

/** A key among the arguments of a program: which of them it is, and what may be shown of it. */
interface KeyInArguments {
  readonly index: number
  readonly hint: string
}

/** Shorter ones are settings. */
const valueCharsMin = 6

/**
 * Finds a key in the arguments of a program, where anybody may read it: by the name of its option (`--api-key abc`,
 * `--header=X-Api-Key: abc`), by how it looks, in an address, or as the password of one.
 */
export function findKeyInArguments(args: readonly string[]): KeyInArguments | undefined {
  for (const [index, word] of args.entries()) {
    const named = keyOfOption(args, index)
    if (named !== undefined) return named
    const inAddress = word.includes('://') ? findKeyInAddress(word) : undefined
    if (inAddress !== undefined) return { index, hint: inAddress.hint }
    if (looksLikeKey(word) || hasPassword(word)) return { index, hint: '••••' }
  }
  return undefined
}

/** `postgres://user:password@host`, as programs take it. */
export const hasPassword = (text: string): boolean => /:\/\/[^\s/@:]*:[^\s/@]+@/.test(text)

function keyOfOption(args: readonly string[], index: number): KeyInArguments | undefined {
  const word = args[index] ?? ''
  const [, name = '', , own] = /^(?:--?)?([A-Za-z][\w.-]*)((?:=|:\s*)(.*))?$/s.exec(word) ?? []
  const value = own ?? (word.startsWith('-') ? args[index + 1] : undefined)
  if (value === undefined || value.startsWith('-') || /^(?:auth|credentials?)$/.test(name)) {
    return undefined
  }
  const isKey = isKeyName(name) && value.length >= valueCharsMin && !/^[./~]/.test(value)
  if (!isKey || (isPlaceholder(value) && !looksLikeKey(value) && value.includes('$'))) {
    return undefined
  }
  return { index: own === undefined ? index + 1 : index, hint: hintOf(value) }
}
