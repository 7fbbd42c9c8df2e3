import { createCatalog, customService, nearestNames, type Service } from '@sallyport/catalog'
import type { Connection } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError, type Terminal } from '../terminal.ts'
import { askCredential } from './ask-credential.ts'
import type { CredentialOptions } from './credential-options.ts'
import { findOAuthApp } from './oauth-apps.ts'

/** What the command line says of a new connection; the rest is asked for. */
export interface NewConnectionOptions extends CredentialOptions {
  readonly label?: string
  readonly service?: string
  readonly origin?: string[]
  readonly testUrl?: string
  readonly app?: string
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
  const { app, testUrl } = options
  const { connection } = await client.call('createConnection', {
    label,
    service: options.service ?? service?.id ?? customService.id,
    origins,
    credential: await askCredential(terminal, options, service),
    ...(app !== undefined && { oauthAppId: (await findOAuthApp(client, app)).id }),
    ...(testUrl !== undefined && { testUrl }),
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
  const example = service?.originPattern?.example ?? 'https://api.example.com'
  const given = await terminal.ask(`The API’s address, such as ${example}`, {
    option: '--origin',
  })
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || url.origin === 'null') {
    throw new CommandError(`${given} is not an address such as ${example}.`)
  }
  // People paste a whole URL of their API's documentation; where the key may go is its origin.
  return [url.origin]
}
