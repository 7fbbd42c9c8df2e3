import { type Form, matchAt, type Place } from '../scan/form.ts'
import { mask } from '../scan/mask.ts'
import type { Span } from '../scan/vicinity.ts'

/** Names whose values are chosen by people: anything may be one. */
const passwordName =
  /(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|motdepasse|contraseña|contrasena|senha|hasło|wachtwoord)$/i
/** Names whose values are made by machines: they look it. */
const tokenName =
  /(?:secret|token|api[\s_-]?key|(?:access|secret|private|signing|encryption|account|auth|master|shared|subscription|webhook|client|session|bearer)[\s_-]?key|credentials?|authorization)$/i
/** In the query of a signed URL. */
const signatureName = /(?:^|[?&-])(?:sig|signature)$/i
/** Pages are turned with tokens too, and these are no secret. */
const pageToken =
  /(?:page|next|prev|previous|cursor|sync|continuation|continue|delta|resume|change|changes|start|position|pagination|history|etag|watch|public)[\s_-]?(?:page|sync|change|link)?[\s_-]?(?:token|key)$/i

const nameCharsMax = 40
const assigned = /\\{0,2}["'\]]{0,2}\s{0,3}(?::=|=>|[:=])\s{0,3}/y
const quoted = new RegExp(
  `\\\\{0,2}(["'])((?:(?!\\1)[^\\n\\r${mask}\\\\]){1,1024})\\\\{0,2}\\1`,
  'y',
)
const unquoted = new RegExp(`[^\\s"'\`<>,;&(){}[\\]|\\\\${mask}]{1,1024}`, 'y')

/** What stands in the place of a value in documents, forms and code, and in sentences about passwords. */
const placeholder =
  /^(?:[*•x.\-_#?]+|\d+(?:\.\d+){3,}|<.*|\$.*|\{.*|%.*|@.*|your.*|my[-_ ]?(?:password|secret|token).*|(?:new|old|current|confirm|enter|the|a|an|this|any|no|not|is|are|was|has|must|should|can|cannot|will|may|for|to|and|or|of|in|with|at|on)\b.*|strings?|password|passwd|secret|token|text|object|array|boolean|number|integer|required|optional|hidden|none|null|nil|undefined|true|false|yes|no|n\/a|redacted|masked|encrypted|example|sample|test|empty|unset|set|unknown|default|value|input|invalid|incorrect|wrong|expired|missing|changed|reset|updated|forgotten|bearer|basic|digest|header|cookie|query|path|process\.env.*|os\.environ.*|env\..*|config\..*|self\..*|this\..*|settings\..*|options?\..*)$/i

/** Whether a value under such a name is a secret. `loose` where it is neither quoted nor right behind its sign. */
function isSecret(name: string, value: string, loose: boolean): boolean {
  if (placeholder.test(value)) return false
  if (passwordName.test(name)) {
    return value.length >= 4 && (!loose || /\d|[^\p{L}\p{N}._-]/u.test(value)) && !/\($/.test(value)
  }
  if (pageToken.test(name)) return false
  if (tokenName.test(name)) return looksMade(value)
  return signatureName.test(name) && value.length >= 32 && looksMade(value.replaceAll('%', '+'))
}

const made = /^[A-Za-z0-9+/=_.:~$!@#%^&*-]{12,1024}$/
const bitsMin = 2.9

/** Characters as evenly spread as a machine spreads them. */
function looksMade(value: string): boolean {
  if (!made.test(value) || !/[A-Za-z]/.test(value) || isWords(value)) return false
  if (/:\/\//.test(value) || /^\d{4}-\d\d-\d\d(?:T|$)/.test(value)) return false
  const isMixed = /\d/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value))
  return isMixed && entropyBits(value) >= bitsMin
}

const wordCharsMin = 3

const numbersMax = 4
const wordsCharsMax = 256

/** Names, sentences and paths to members are words, in whatever way they are joined, perhaps with numbers at their ends. */
function isWords(value: string): boolean {
  if (value.length > wordsCharsMax || !/^[A-Za-z0-9!$_.:-]+$/.test(value)) return false
  const words = value.split(/(?=[A-Z])|[!$_.:-]/).filter((word) => word !== '')
  const digits = value.replace(/\D/g, '').length
  return (
    words.every((word) => /^[A-Za-z]+\d{0,4}$/.test(word)) &&
    digits <= numbersMax &&
    value.length / words.length >= wordCharsMin
  )
}

const evenCharsMax = 128

/** Shannon's entropy, in bits for each character; of the first ones, which tell enough. */
function entropyBits(whole: string): number {
  const value = whole.slice(0, evenCharsMax)
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

const ending =
  /(?:word|wd|phrase|code|wort|asse|eña|ena|nha|sło|oord|secret|token|key|credentials?|authorization|sig|signature)$/i

/** `name = value`, `"name": "value"`, `name=value`: the value. */
function matchAssigned({ text, start, end }: Place): Span | undefined {
  if (!ending.test(text.slice(start, end))) return undefined
  const sign = matchAt(assigned, text, end)
  if (sign === undefined) return undefined
  const from = Math.max(0, end - nameCharsMax)
  const name = /[\p{L}\p{N}_ ?&-]*$/u.exec(text.slice(from, end))?.[0] ?? ''
  const at = end + sign[0].length
  const inQuotes = matchAt(quoted, text, at)
  if (inQuotes !== undefined) {
    const value = inQuotes[2] ?? ''
    const valueStart = at + inQuotes[0].indexOf(value, 1)
    return isSecret(name, value, false)
      ? { start: valueStart, end: valueStart + value.length }
      : undefined
  }
  const written = matchAt(unquoted, text, at)?.[0] ?? ''
  // What is called is a function.
  if (written === '' || text.charAt(at + written.length) === '(') return undefined
  const value = written.replace(/[.!?]{1,8}$/, '')
  const isLoose = !sign[0].endsWith('=')
  return isSecret(name, value, isLoose) ? { start: at, end: at + value.length } : undefined
}

const bearer = /(?:Bearer|bearer|BEARER|token|Token) {1,2}([A-Za-z0-9._~+/-]{16,4096}={0,2})/y
const basic = /(?:Basic|basic|BASIC) {1,2}([A-Za-z0-9+/]{8,4096}={0,2})/y

/** The credentials of an `Authorization` header (RFC 6750, RFC 7617). */
function matchAuthorization({ text, start }: Place): Span | undefined {
  const isHeader = /authorization["':= ]{0,6}$/i.test(text.slice(Math.max(0, start - 24), start))
  const found = matchAt(bearer, text, start) ?? (isHeader ? matchAt(basic, text, start) : undefined)
  const value = found?.[1] ?? ''
  const isOne = isHeader ? value.length > 0 : looksMade(value)
  const from = start + (found?.[0].length ?? 0) - value.length
  return isOne ? { start: from, end: from + value.length } : undefined
}

const secret = { kind: 'secret' } as const

/** Values beside names that say that they are secret. */
export const assignedSecretForms: readonly Form[] = [
  { ...secret, tokens: ['letters'], lengths: [5, 6], next: ' ', match: matchAuthorization },
  {
    ...secret,
    tokens: ['letters', 'mixed'],
    lengths: [3, nameCharsMax],
    next: '"\'=: ]\\',
    match: matchAssigned,
  },
]

/** Whether a member of this name and text is a secret as a whole. */
export const isSecretMember = (name: string, text: string): boolean =>
  text.length <= 1024 && !text.includes(mask) && isSecret(name, text, false)
