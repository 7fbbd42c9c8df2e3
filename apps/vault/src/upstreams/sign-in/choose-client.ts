/** How the vault comes to a client id: see `McpSignInFound`. */
export type ClientWay = 'given' | 'kept' | 'document' | 'registration' | 'by-hand'

/** What there is to choose from. */
interface ClientChoices {
  /** An owner gave a client of their own. */
  readonly isGiven: boolean
  /** There is the client of an earlier sign-in, for the same authorization server and redirect URI, and it may be used. */
  readonly isKept: boolean
  /** The authorization server takes Client ID Metadata Documents. */
  readonly takesDocuments: boolean
  /** Where the vault’s own document is; undefined where nobody outside could read it. */
  readonly documentUrl: string | undefined
  readonly registrationEndpoint: string | undefined
}

/** The order of MCP: what was registered before, a metadata document, a registration, and else the owner’s own hands. */
export function chooseClient(choices: ClientChoices): ClientWay {
  if (choices.isGiven) return 'given'
  if (choices.isKept) return 'kept'
  if (choices.takesDocuments && choices.documentUrl !== undefined) return 'document'
  return choices.registrationEndpoint === undefined ? 'by-hand' : 'registration'
}

/** Where the vault’s metadata document is read: https, and a name, since an authorization server elsewhere has to reach it. */
export function documentUrlOf(pagesUrl: string, path: string): string | undefined {
  const { protocol, hostname } = new URL(pagesUrl)
  const isName = /[a-z]$/i.test(hostname) && hostname.includes('.') && !localNames.test(hostname)
  return protocol === 'https:' && isName ? `${pagesUrl}${path}` : undefined
}

const localNames = /\.(?:localhost|local|internal|test|invalid|home\.arpa)$/i

/** How a client with a secret proves itself: as the server takes it. RFC 8414 §2: basic where it does not say. */
export function authenticationOf(
  offered: readonly string[] | undefined,
): 'client_secret_basic' | 'client_secret_post' {
  const takesPostAlone =
    offered?.includes('client_secret_basic') === false && offered.includes('client_secret_post')
  return takesPostAlone ? 'client_secret_post' : 'client_secret_basic'
}

/** What to ask for when the vault registers itself. */
export function registrableAuthentication(
  offered: readonly string[] | undefined,
): 'client_secret_basic' | 'client_secret_post' | 'none' {
  const preferred = ['client_secret_basic', 'client_secret_post', 'none'] as const
  return preferred.find((one) => offered?.includes(one)) ?? 'client_secret_basic'
}
