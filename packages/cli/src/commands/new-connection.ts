import { createCatalog, customService, nearestNames, type Service } from '@sallyport/catalog'
import { type Connection, type CredentialInput, credentialKinds } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError, type Terminal } from '../terminal.ts'

/** What the command line says of a new connection; the rest is asked for. */
export interface NewConnectionOptions {
  readonly label?: string
  readonly service?: string
  readonly origin?: string[]
  readonly kind?: CredentialInput['kind']
  readonly name?: string
  readonly prefix?: string
  readonly username?: string
  readonly testUrl?: string
}

/** How a credential is put on, for people who have read an API's documentation once. */
const kindNames: Readonly<Record<CredentialInput['kind'], string>> = {
  bearer: 'Authorization: Bearer <token>',
  header: 'another header, such as X-API-Key',
  query: 'a parameter in the query, such as ?key=…',
  basic: 'a user name and a password (HTTP Basic)',
  path: 'a part of the path, such as /bot<token>/',
}

/**
 * Keeps a new credential, asking for what the options leave open. Without a terminal only the secret is asked for, as
 * a line of stdin.
 */
export async function createConnection(
  client: Client,
  terminal: Terminal,
  options: NewConnectionOptions,
): Promise<Connection> {
  const service = await askService(options, terminal)
  const label =
    options.label ??
    (await terminal.ask('A label for it', {
      option: '--label',
      ...(service !== undefined && service.id !== customService.id && { default: service.name }),
    }))
  const origins = options.origin ?? (await askOrigins(service, terminal))
  const { connection } = await client.call('createConnection', {
    label,
    service: options.service ?? service?.id ?? customService.id,
    origins,
    credential: await askCredential(options, terminal),
    ...(options.testUrl !== undefined && { testUrl: options.testUrl }),
  })
  return connection
}

/** Undefined for a service that only the vault's own catalog may know, which is newer perhaps. */
async function askService(
  { service, origin }: NewConnectionOptions,
  terminal: Terminal,
): Promise<Service | undefined> {
  const catalog = createCatalog()
  if (service !== undefined) {
    const found = catalog.findService(service)
    if (found !== undefined || origin !== undefined) return found
    const ids = catalog.services.map(({ id }) => id)
    const close = nearestNames(service, ids)
    throw new CommandError(
      `There is no service "${service}" here. Services: ${(close.length > 0 ? close : ids).join(', ')}.`,
    )
  }
  if (!terminal.interactive || origin !== undefined) return customService
  const known = catalog.services.filter(({ id }) => id !== customService.id)
  return terminal.choose('For which API is the key?', [
    { value: customService, name: 'Any other API', description: 'You give its address' },
    ...known.map((value) => ({ value, name: value.name, description: value.origins.join(' ') })),
  ])
}

async function askOrigins(service: Service | undefined, terminal: Terminal): Promise<string[]> {
  if (service !== undefined && service.origins.length > 0) return [...service.origins]
  const given = await terminal.ask('The API’s address, such as https://api.example.com', {
    option: '--origin',
  })
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || url.origin === 'null') {
    throw new CommandError(`${given} is not an address such as https://api.example.com.`)
  }
  // People paste a whole URL of their API's documentation; where the key may go is its origin.
  return [url.origin]
}

async function askKind(options: NewConnectionOptions, terminal: Terminal) {
  if (options.kind !== undefined) return options.kind
  if (!terminal.interactive) return 'bearer'
  const choices = credentialKinds.map((value) => ({ value, name: kindNames[value] }))
  return terminal.choose('How does the API take it?', choices)
}

async function askCredential(
  options: NewConnectionOptions,
  terminal: Terminal,
): Promise<CredentialInput> {
  const named = async (question: string) =>
    options.name ?? (await terminal.ask(question, { option: '--name' }))
  const kind = await askKind(options, terminal)
  switch (kind) {
    case 'bearer':
      return { kind, token: await terminal.askSecret('Paste the token (it is not shown)') }
    case 'header': {
      const name = await named('Name of the header')
      const prefix = options.prefix === undefined ? {} : { prefix: options.prefix }
      return { kind, name, ...prefix, value: await terminal.askSecret('Paste the key') }
    }
    case 'query': {
      const name = await named('Name of the query parameter')
      return { kind, name, value: await terminal.askSecret('Paste the key') }
    }
    case 'basic': {
      const username =
        options.username ?? (await terminal.ask('User name', { option: '--username' }))
      return { kind, username, password: await terminal.askSecret('Password') }
    }
    case 'path': {
      const placeholder = await named('Placeholder in the path, without braces')
      return { kind, placeholder, value: await terminal.askSecret('Paste the key') }
    }
  }
}
