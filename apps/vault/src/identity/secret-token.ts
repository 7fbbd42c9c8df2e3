/** What the first characters of a secret say about it (shared/api: Tokens). A session's value has no prefix. */
const tokenPrefixes = {
  agent: 'spt_',
  bootstrap: 'spb_',
  consumer: 'spc_',
  owner: 'spp_',
  invitation: 'spi_',
  session: '',
  setup: '',
} as const
/** The kinds of opaque secret that the vault makes. */
type TokenKind = keyof typeof tokenPrefixes

const tokenBytes = 32

/** Makes an opaque secret: a prefix and 256 random bits as 43 base64url characters. */
export function newToken(kind: TokenKind, randomBytes: (size: number) => Uint8Array): string {
  return tokenPrefixes[kind] + Buffer.from(randomBytes(tokenBytes)).toString('base64url')
}

/** Whether a text has the form of this kind of secret; what has not is not even looked up (S-08). */
export function isToken(kind: TokenKind, text: string): boolean {
  const prefix = tokenPrefixes[kind]
  return text.startsWith(prefix) && /^[A-Za-z0-9_-]{43}$/.test(text.slice(prefix.length))
}

/** Hashes a token under the vault's key: all that is stored of one. */
export type TokenHash = (token: string) => Uint8Array
