import { createCatalog, nearestNames, type Service } from '@sallyport/catalog'
import type { CallOf, ConnectFlow, operations } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, shellWord } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { findConnection } from './lookup.ts'
import { findOAuthApp } from './oauth-apps.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { waitInBrowser } from './wait-in-browser.ts'

interface AskedOptions {
  readonly action?: string[]
  readonly scope?: string[]
  readonly device?: boolean
  readonly browser: boolean
  readonly wait: boolean
}
interface ConnectOptions extends AskedOptions {
  readonly label?: string
  readonly origin?: string[]
  readonly app?: string
}
type Started = { readonly flow: ConnectFlow }

/** `sallyport connections connect` and `reconnect`: accounts, which a person signs in to in a browser. */
export function addAccountCommands(connections: Command, run: RunCommand): void {
  askedOptions(
    connections
      .command('connect <service>')
      .description('Connect an account: opens the browser, or prints the link')
      .option('--label <label>', 'a name for people (default: the service and the account)')
      .option(
        '--origin <origin>',
        'where it may be used, where the service has no one place',
        collect,
      )
      .option('--app <app>', 'the OAuth app, by its provider or id (for custom)'),
  ).action(
    run(async (context, [service, options]: [string, ConnectOptions]) => {
      const client = await context.owner()
      const wanted = await readWanted(client, service, options)
      await finish(context, client, {
        started: await client.call('startConnection', wanted),
        options,
      })
    }),
  )

  askedOptions(
    connections
      .command('reconnect <connection>')
      .description('Sign in to a connection’s account again (id or label); its policies stay'),
  ).action(
    run(async (context, [wanted, options]: [string, AskedOptions]) => {
      const client = await context.owner()
      const { id } = await findConnection(client, wanted)
      const started = await client.call('reconnect', { connectionId: id, ...howAsked(options) })
      await finish(context, client, { started, options })
    }),
  )
}

const askedOptions = (command: Command) =>
  command
    .option('--action <id>', 'what an agent will need, e.g. gmail-read (repeat)', collect)
    .option('--scope <scope>', 'a further scope to ask for (repeat)', collect)
    .option('--device', 'with a code that is typed in on another machine')
    .option('--no-browser', 'print the link and open nothing')
    .option('--no-wait', 'end at once; the link stays good for some minutes')

const howAsked = ({ action, scope, device }: AskedOptions) => ({
  ...(device === true && { method: 'device' as const }),
  ...(action !== undefined && { actions: action }),
  ...(scope !== undefined && { scopes: scope }),
})

async function readWanted(
  client: Client,
  id: string,
  options: ConnectOptions,
): Promise<CallOf<typeof operations.startConnection>> {
  const service = findService(id)
  const { label, origin, app } = options
  return {
    service: service.id,
    ...(label !== undefined && { label }),
    ...(origin !== undefined && { origins: origin }),
    ...(app !== undefined && { oauthAppId: (await findOAuthApp(client, app)).id }),
    ...howAsked(options),
  }
}

function findService(id: string): Service {
  const catalog = createCatalog()
  const service = catalog.findService(id)
  if (service === undefined) {
    const ids = catalog.services.map((known) => known.id)
    const close = nearestNames(id, ids)
    throw new CommandError(
      `There is no service "${id}" here. Services: ${(close.length > 0 ? close : ids).join(', ')}.`,
    )
  }
  if (service.id !== 'custom' && !service.credentials.some(({ kind }) => kind === 'oauth2')) {
    throw new CommandError(
      `${service.name} has no accounts to sign in to: \`sallyport connections add --service ${id}\` takes its key.`,
    )
  }
  return service
}

/** Shows the person where to go, waits until they came back, and says what it gave. */
async function finish(
  context: CommandContext,
  client: Client,
  { started, options }: { readonly started: Started; readonly options: AskedOptions },
): Promise<void> {
  const { terminal, settings } = context
  const { flow } = started
  const ended = await waitInBrowser(context, client, { flow, options, what: flow.label })
  if (ended?.connectionId === undefined) return
  const { connectionId } = ended
  const { connection } = await client.call('getConnection', { connectionId })
  const scopes = connection.grantedScopes.join(' ')
  terminal.answer(
    { connection, flow: ended },
    [
      `${connection.id}  ${connection.label}, for ${connection.origins.join(' ')} alone`,
      ...(scopes === '' ? [] : [`Granted: ${scopes}`]),
      `Next: npx sallyport connect claude --allow ${shellWord(connection.label)}${settings.urlOption}`,
    ].join('\n'),
  )
}
