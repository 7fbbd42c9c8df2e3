// What in a configuration file is a key, and what stands where a key goes: by its name, or by how it looks.

/** Names whose values are keys, compared in lower case with `-` between words. */
const secretNames =
  /(?:^|-)(?:api-?key|app-?key|access-?key|auth|authorization|credentials?|jwt|key|pass|passwd|password|passphrase|pat|pwd|secret|token|cookie)(?:-\d+)?$|(?:api|access|secret|private)key$/

/** Keys of known providers, which begin as no other word does. */
const knownKeys =
  /(?:^|[^A-Za-z0-9])(?:sk[-_][\w-]{12,}|gh[opusr]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{20,}|lin_api_\w{20,}|ntn_\w{20,}|figd_[\w-]{20,}|tvly-[\w-]{16,}|eyJ[\w-]{10,}\.[\w-]{5,}\.[\w-]*)/

/** What documentation writes where a key goes, and what others’ answers show in place of one. */
const placeholders =
  /^(?:<[^<>]*>|\[[^[\]]*\]|\.{2,}|…+|x{3,}|(?:your|my|the|insert|enter|put|add|replace)[-_ ].*|.*[-_ ](?:here|goes[-_ ]here)|change[-_ ]?me|redacted|placeholder|todo)$/i
const masked = /•{3,}|\*{3,}/

/** Whether a value under this name is a key by what the name says. */
export function isKeyName(name: string): boolean {
  const plain = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/[_.\s]+/g, '-')
    .replace(/^-+/, '')
    .toLowerCase()
  return secretNames.test(plain)
}

/** Whether a value looks like a key, whatever it is called. */
export const looksLikeKey = (value: string): boolean => knownKeys.test(value)

/** Whether a value was masked by what wrote it down, whatever it is called. */
export const isMasked = (value: string): boolean => masked.test(value)

/** Whether a value only says that a key goes here. */
export const isPlaceholder = (value: string): boolean =>
  isMasked(value) || placeholders.test(value.trim())

const hintCharsMin = 12
const hintCharsShown = 4

/** What may be shown of a key: `••••` and the last four characters, if there are twelve. */
export const hintOf = (value: string): string =>
  value.length < hintCharsMin ? '••••' : `••••${value.slice(-hintCharsShown)}`

/** Shorter ones are settings. */
const keyCharsMin = 6

/** A key that an address holds where anybody may read it: which parameter it is, unless it stands elsewhere, and its hint. */
interface KeyInAddress {
  readonly parameter: string | undefined
  readonly hint: string
}

/** Finds a key in an address: what its query calls one, or what looks like one wherever it stands. */
export function findKeyInAddress(address: string): KeyInAddress | undefined {
  const at = address.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : address.slice(at + 1).replace(/#.*$/s, ''))
  for (const [parameter, value] of query) {
    const isKey = isKeyName(parameter) && value.length >= keyCharsMin
    if (isKey || looksLikeKey(value)) return { parameter, hint: hintOf(value) }
  }
  return looksLikeKey(address) ? { parameter: undefined, hint: '••••' } : undefined
}
