// What in a command is a secret: by the place where it stands, by its name, or by how it looks.

/** Names whose values are secrets, whatever they look like. Compared in lower case with `-` between words. */
const surelySecret =
  /(?:^|-)(?:api-?key|apikey|app-?key|appid|application-key|access-?key|access-?token|auth-?key|auth-?token|subscription-?key|secret(?:-?key)?|client-?secret|private-?(?:key|token)|(?:id|refresh|session|bearer|api|bot|user|security|service|job|deploy|personal|vault|account|csrf|xsrf)-?token|master-?key|admin-?key|service-?key|functions-key|pass(?:word|wd|phrase)|credentials?|authorization|jwt)$/

/** Names whose values are secrets where they look like one. */
const maybeSecret =
  /(?:^|-)(?:key|token|auth|sig|signature|code|session|sess|sid|hash|pin|otp|ticket)$|(?:key|token|secret|auth)$/

/** Names of headers that end like those of keys and hold none. */
const noSecrets: ReadonlySet<string> = new Set([
  ...['idempotency-key', 'x-idempotency-key', 'surrogate-key', 'x-cache-key', 'cache-key'],
  ...['sec-websocket-key', 'x-request-key', 'correlation-key', 'sort-key', 'partition-key'],
  ...['foreign-key', 'primary-key', 'page-token', 'next-token', 'continuation-token', 'sync-token'],
])

/** Keys and tokens of known providers, which begin as no other word does; what stands before is theirs to say. */
const knownKeys =
  /(^|[^A-Za-z0-9])(?:sk[-_](?:live|test|proj|ant|or)[-_][\w-]{8,}|[sr]k_(?:live|test)_\w{8,}|sk-[A-Za-z0-9]{20,}|gh[opusr]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|EAA[A-Za-z0-9]{20,}|npm_\w{30,}|pypi-[\w-]{20,}|dop_v1_[0-9a-f]{32,}|shp(?:at|ca|pa|ss)_[0-9a-f]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|sq0[a-z]{3}-[\w-]{20,}|hf_\w{20,}|nvapi-[\w-]{20,}|lin_api_\w{20,}|secret_\w{30,}|ntn_\w{20,}|figd_[\w-]{20,}|dapi[0-9a-f]{32}|rnd_\w{20,}|tvly-[\w-]{16,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}|eyJ[\w-]{10,}\.[\w-]{5,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]{1,20000}?-----END [A-Z ]*PRIVATE KEY-----)?)/g

/** What stands in documentation where a secret goes. */
const placeholders =
  /^(?:<.*>|\{.*\}|\[.*\]|\.{2,}|…+|\*{2,}|x{3,}|-+|(?:your|my|the|insert|enter|put|add|replace)[-_ ].*|.*[-_ ](?:here|goes[-_ ]here)|(?:api|app|access|auth|bearer|secret|private)?[-_ ]?(?:key|token|secret|password)|change[-_ ]?me|redacted|placeholder|example|todo|none|null|undefined|test|demo_?key)$/i

export const hasKnownPrefix = (text: string): boolean => text.search(knownKeys) >= 0

/** A text that agents will read, with what looks like a key left out of it. */
export const withoutKeys = (text: string): string => text.replace(knownKeys, '$1…')

/** Whether a value is there to be replaced by a secret and is none itself. */
export const isPlaceholder = (text: string): boolean =>
  text === '' || placeholders.test(text.trim())

/** `password` where a password goes: a word that stands everywhere, and nobody’s secret. */
export const isMereWord = (text: string): boolean => isPlaceholder(text) && !/\d/.test(text)

const canonical = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/[_.\s[\]]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()

/** A name whose value is a secret by what the name says. */
export function isSecretName(name: string): boolean {
  const plain = canonical(name)
  return !noSecrets.has(plain) && surelySecret.test(plain)
}

/** Long, of the characters that keys are made of, and mixed as words are not. */
const looksRandom = (text: string): boolean =>
  /^[A-Za-z0-9+/_=.~:-]{16,}$/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text)

/** Whether what stands under a name is a secret: by the name, or by both. An empty name is none. */
export function isSecret(name: string, value: string): boolean {
  const plain = canonical(name)
  if (hasKnownPrefix(value)) return true
  if (noSecrets.has(plain)) return false
  return surelySecret.test(plain) || (maybeSecret.test(plain) && looksRandom(value))
}

/** How deep values are looked at; what is deeper is left out. */
const depthMax = 50

/** An example without what stands in it under the names of secrets: agents read schemas. */
export function withoutNamedSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > depthMax) return null
  if (Array.isArray(value)) return value.map((one) => withoutNamedSecrets(one, depth + 1))
  // A list of headers or variables names its secrets beside them.
  const { name, key, value: beside } = value as Record<string, unknown>
  const names = [name, key].filter((one) => typeof one === 'string')
  const isPair = typeof beside === 'string' && names.some((one) => isSecretText(one, beside))
  const members = Object.entries(value).filter(
    ([member, one]) =>
      !(isPair && member === 'value') && !(typeof one === 'string' && isSecretText(member, one)),
  )
  return Object.fromEntries(
    members.map(([member, one]) => [member, withoutNamedSecrets(one, depth + 1)]),
  )
}

/**
 * A default that agents may read and that goes out where they say nothing: whole, or not at all, since half of it would be
 * another one.
 */
export function defaultWithoutSecrets(value: unknown): unknown {
  const text = JSON.stringify(value)
  if (text === undefined || hasKnownPrefix(text)) return undefined
  return JSON.stringify(withoutNamedSecrets(value)) === text ? value : undefined
}

const isSecretText = (name: string, value: string): boolean =>
  isSecret(name, value) && !isPlaceholder(value)
