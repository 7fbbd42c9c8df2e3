import type { PreviewedScheme } from '@sallyport/contracts'
import { CommandError, type Terminal } from '../terminal.ts'
import { askCredential } from './ask-credential.ts'
import type { Credential } from './ask-key.ts'
import type { CredentialOptions } from './credential-options.ts'

/**
 * Asks for the credential of one of a document’s schemes: what the document says of it is known, the secret is asked for.
 * Throws CommandError for one that cannot be typed in.
 */
export async function askScheme(
  terminal: Terminal,
  { name, kind, known, description, reason }: PreviewedScheme,
): Promise<Credential> {
  if (kind === undefined) {
    throw new CommandError(
      `The vault cannot sign in by ${name}${reason === undefined ? '' : `: ${reason}`} Choose another with --scheme, or name a connection with --connection.`,
    )
  }
  if (kind === 'oauth2') {
    throw new CommandError(
      `${name} wants an account: connect it first (\`sallyport connections connect\`), and name it here with --connection.`,
    )
  }
  if (kind === 'caller') {
    terminal.note(
      `${name}: each caller sends a credential of its own with every call, and the vault keeps none.`,
    )
    return askCredential(terminal, optionsOf(kind, known), undefined)
  }
  terminal.note(`The key for ${name}${description === undefined ? '' : `: ${description}`}`)
  return askCredential(terminal, optionsOf(kind, known), undefined)
}

type Known = PreviewedScheme['known']

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

function optionsOf(kind: NonNullable<PreviewedScheme['kind']>, known: Known): CredentialOptions {
  const member = (wanted: string, as = wanted) => {
    const text = textOf(known[wanted])
    return text === undefined ? {} : { [as]: text }
  }
  const scopes = Array.isArray(known.scopes)
    ? known.scopes.filter((one) => typeof one === 'string')
    : []
  return {
    kind,
    ...member('name'),
    ...member('placeholder', 'name'),
    ...member('prefix'),
    ...(kind === 'caller' && placeOf(known)),
    ...member('username'),
    ...member('tokenEndpoint'),
    ...member('clientId'),
    ...member('audience'),
    ...member('region'),
    ...member('service', 'awsService'),
    ...member('accessKeyId'),
    ...(scopes.length > 0 && { scope: scopes }),
    ...(kind === 'several' && { part: partsOf(known) }),
  }
}

function placeOf({ place }: Known): Pick<CredentialOptions, 'place'> {
  return place === 'header' || place === 'query' || place === 'cookie' ? { place } : {}
}

/** As `--part` writes them. */
function partsOf({ parts }: Known): string[] {
  if (!Array.isArray(parts)) return []
  return parts.map((part: Known) => {
    const name = textOf(part.name) ?? textOf(part.placeholder) ?? textOf(part.username)
    const prefix = textOf(part.prefix)
    return [part.kind, name, prefix].filter((word) => word !== undefined).join(':')
  })
}
