import type { Service } from '@sallyport/catalog'
import { type CredentialInput, inputCredentialKinds } from '@sallyport/contracts'
import { CommandError, type Terminal } from '../terminal.ts'
import { type Asking, askKey, type Credential, type KeySlot, type SlotOf } from './ask-key.ts'
import type { CredentialOptions } from './credential-options.ts'
import { readKey, requireKeyFile } from './oauth-apps.ts'

/** How a credential is put on, for people who have read an API's documentation once. */
const kindNames: Readonly<Record<CredentialInput['kind'], string>> = {
  bearer: 'Authorization: Bearer <token>',
  header: 'another header, such as X-API-Key',
  query: 'a parameter in the query, such as ?key=…',
  basic: 'a user name and a password (HTTP Basic)',
  path: 'a part of the path, such as /bot<token>/',
  cookie: 'a cookie',
  several: 'several of these together',
  none: 'not at all: it is open to everybody',
  caller: 'each caller sends its own with every call; the vault keeps none',
  oauth2: 'a refresh token that you have already',
  'oauth2-client-credentials': 'OAuth client credentials: an id and a secret or key',
  'jwt-service-account': 'a service account with a private key, such as Google’s',
  'aws-sigv4': 'an AWS access key, by which requests are signed',
}

/** Asks for a credential: as the service's documentation has it, where the catalog knows the service. */
export async function askCredential(
  terminal: Terminal,
  options: CredentialOptions,
  service: Service | undefined,
): Promise<Credential> {
  const { kind, slot } = await askKind(terminal, options, service)
  if (slot !== undefined) terminal.note(`${slot.label}: ${slot.hint} ${slot.url}`)
  const asking = { terminal, options, slot }
  switch (kind) {
    case 'oauth2':
      return askRefreshToken(asking)
    case 'oauth2-client-credentials':
      return askClient(asking)
    case 'jwt-service-account':
      return readServiceAccount(asking)
    case 'aws-sigv4':
      return askAwsKey(asking)
    case 'caller':
      return askPlace(asking)
    default:
      return askKey(kind, asking)
  }
}

async function askKind(
  terminal: Terminal,
  { kind }: CredentialOptions,
  service: Service | undefined,
): Promise<{ kind: CredentialInput['kind']; slot: KeySlot | undefined }> {
  const slots = (service?.credentials ?? []).filter((slot) => slot.kind !== 'oauth2')
  if (kind !== undefined) return { kind, slot: slots.find((slot) => slot.kind === kind) }
  const [first, ...others] = slots
  if (first !== undefined && (others.length === 0 || !terminal.interactive)) {
    return { kind: first.kind, slot: first }
  }
  if (first !== undefined) {
    const choices = slots.map((value) => ({ value, name: value.label, description: value.hint }))
    const slot = await terminal.choose('Which credential do you have?', choices)
    return { kind: slot.kind, slot }
  }
  if (!terminal.interactive) return { kind: 'bearer', slot: undefined }
  const choices = inputCredentialKinds.map((value) => ({ value, name: kindNames[value] }))
  return { kind: await terminal.choose('How does the API take it?', choices), slot: undefined }
}

const places = ['header', 'query', 'cookie'] as const

/** Where callers' own credentials go. Nothing secret is asked for. */
async function askPlace({ terminal, options }: Asking): Promise<Credential> {
  const choices = places.map((value) => ({ value, name: kindNames[value] }))
  const place =
    options.place ??
    (terminal.interactive
      ? await terminal.choose('Where does the caller’s credential go?', choices)
      : 'header')
  const name =
    options.name ??
    (terminal.interactive || place !== 'header'
      ? await terminal.ask(`Name of the ${placeWords[place]}`, { option: '--name' })
      : 'Authorization')
  const { prefix } = options
  return { kind: 'caller', place, name, ...(prefix !== undefined && { prefix }) }
}

const placeWords = { header: 'header', query: 'query parameter', cookie: 'cookie' } as const

async function askRefreshToken({ terminal, options }: Asking): Promise<Credential> {
  const refreshToken = await terminal.askSecret('Paste the refresh token (it is not shown)')
  return { kind: 'oauth2', refreshToken, ...(options.scope && { scopes: options.scope }) }
}

async function askClient({ terminal, options, slot }: Asking): Promise<Credential> {
  const known = slot as SlotOf<'oauth2-client-credentials'>
  requireKeyFile(options.clientAuthentication, options.privateKeyFile)
  const tokenEndpoint =
    options.tokenEndpoint ??
    known?.tokenEndpoint ??
    (await terminal.ask('Token endpoint', { option: '--token-endpoint' }))
  const clientId = options.clientId ?? (await terminal.ask('Client id', { option: '--client-id' }))
  const { keyId, audience, privateKeyFile, clientAuthentication } = options
  const proof =
    privateKeyFile === undefined
      ? {
          ...(clientAuthentication !== undefined && { clientAuthentication }),
          clientSecret: await terminal.askSecret('Client secret'),
        }
      : {
          clientAuthentication: 'private_key_jwt' as const,
          privateKey: readKey(privateKeyFile),
          ...(keyId !== undefined && { keyId }),
        }
  return {
    kind: 'oauth2-client-credentials',
    tokenEndpoint,
    clientId,
    ...proof,
    scopes: options.scope ?? [...(known?.scopes ?? [])],
    ...(audience !== undefined && { audience }),
  }
}

/** The key file that Google's console gives holds all but the scopes. */
async function readServiceAccount({ terminal, options }: Asking): Promise<Credential> {
  const path =
    options.keyFile ??
    (await terminal.ask('File of the service account’s key (JSON)', { option: '--key-file' }))
  const file = parseKeyFile(path)
  const { subject, scope } = options
  const scopes = scope ?? (await terminal.ask('Scopes', { option: '--scope' })).split(/\s+/)
  return {
    kind: 'jwt-service-account',
    issuer: file.client_email,
    privateKey: file.private_key,
    ...(file.private_key_id !== undefined && { keyId: file.private_key_id }),
    ...(file.token_uri !== undefined && { tokenEndpoint: file.token_uri }),
    scopes,
    ...(subject !== undefined && { subject }),
  }
}

function parseKeyFile(path: string) {
  const text = readKey(path)
  const fault = () =>
    new CommandError(
      `${path} is not a key file: it has to be JSON with client_email and private_key.`,
    )
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw fault() // Its message would quote the key.
  }
  if (typeof parsed !== 'object' || parsed === null) throw fault()
  const { client_email, private_key, private_key_id, token_uri } = parsed as Record<string, unknown>
  if (typeof client_email !== 'string' || typeof private_key !== 'string') throw fault()
  return {
    client_email,
    private_key,
    private_key_id: typeof private_key_id === 'string' ? private_key_id : undefined,
    token_uri: typeof token_uri === 'string' ? token_uri : undefined,
  }
}

async function askAwsKey({ terminal, options }: Asking): Promise<Credential> {
  const { region, awsService } = options
  const accessKeyId =
    options.accessKeyId ?? (await terminal.ask('Access key id', { option: '--access-key-id' }))
  const secretAccessKey = await terminal.askSecret('Secret access key')
  return {
    kind: 'aws-sigv4',
    accessKeyId,
    secretAccessKey,
    ...(options.sessionToken === true && {
      sessionToken: await terminal.askSecret('Session token'),
    }),
    ...(region !== undefined && { region }),
    ...(awsService !== undefined && { service: awsService }),
  }
}
