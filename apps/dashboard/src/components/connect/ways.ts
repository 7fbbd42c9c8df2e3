import { type CredentialSlot, customService, type Service } from '@sallyport/catalog'

type Slot<Kind extends CredentialSlot['kind']> = Extract<CredentialSlot, { kind: Kind }>
/** A key that is typed in, as the catalog describes it. */
export type KeySlot = Slot<'bearer' | 'header' | 'query' | 'basic' | 'path' | 'several'>

/** One way in which a service can be connected. */
export type Way = {
  readonly id: string
  readonly label: string
  readonly description: string
  /** Shown only to whoever asks for other ways. */
  readonly isUnusual?: true
} & (
  | { readonly kind: 'account' | 'refresh-token' | 'any-key' }
  | { readonly kind: 'key'; readonly slot: KeySlot }
  | { readonly kind: 'client-credentials'; readonly slot?: Slot<'oauth2-client-credentials'> }
  | { readonly kind: 'service-account'; readonly slot?: Slot<'jwt-service-account'> }
  | { readonly kind: 'aws'; readonly slot?: Slot<'aws-sigv4'> }
)

const account = {
  id: 'account',
  kind: 'account',
  label: 'Connect an account',
  description: 'You sign in at the provider and say there what it allows. Nothing to copy.',
} as const
const clientCredentials = {
  kind: 'client-credentials',
  label: 'Client credentials',
  description: 'A client id and secret that act for themselves and for nobody’s account (OAuth 2).',
} as const
const serviceAccount = {
  kind: 'service-account',
  label: 'Service account',
  description: 'A private key that signs for its access tokens, such as Google’s key file.',
} as const
const aws = {
  kind: 'aws',
  label: 'AWS access key',
  description: 'Each request is signed with it (Signature Version 4).',
} as const
const refreshToken = {
  id: 'refresh-token',
  kind: 'refresh-token',
  label: 'A refresh token that you have',
  description: 'One that another program got for the same OAuth app. The vault goes on with it.',
  isUnusual: true,
} as const
const anyKey = {
  id: 'any-key',
  kind: 'any-key',
  label: 'Another kind of key',
  description: 'You say how the API takes it.',
  isUnusual: true,
} as const

/** All ways to connect a service, what is offered first in front. */
export function waysOf(service: Pick<Service, 'id' | 'credentials'>): readonly Way[] {
  if (service.id === customService.id) return waysOfCustom
  const ways = service.credentials.map((slot, index) => wayOf(slot, `${slot.kind}-${index}`))
  const others = ways.some(({ kind }) => kind === 'account') ? [refreshToken, anyKey] : [anyKey]
  return [...ways, ...others]
}

const waysOfCustom: readonly Way[] = [
  {
    id: 'any-key',
    kind: 'any-key',
    label: 'A key',
    description: 'An API key, a token, or a user name and a password.',
  },
  { ...account, description: 'By OAuth 2, at a provider that you have registered an app with.' },
  { id: 'client-credentials', ...clientCredentials },
  { id: 'service-account', ...serviceAccount },
  { id: 'aws', ...aws },
  refreshToken,
]

function wayOf(slot: CredentialSlot, id: string): Way {
  switch (slot.kind) {
    case 'oauth2':
      return account
    case 'oauth2-client-credentials':
      return { ...clientCredentials, id, slot, label: slot.label }
    case 'jwt-service-account':
      return { ...serviceAccount, id, slot, label: slot.label }
    case 'aws-sigv4':
      return { ...aws, id, slot, label: slot.label }
    default:
      return { id, kind: 'key', slot, label: slot.label, description: slot.hint }
  }
}

/** How a service can be connected, in a line for lists. */
export function waysInShort({ credentials }: Pick<Service, 'credentials'>): string {
  const names = credentials.map((slot) => (slot.kind === 'oauth2' ? 'Account' : slot.label))
  return [...new Set(names)].join(', ')
}
