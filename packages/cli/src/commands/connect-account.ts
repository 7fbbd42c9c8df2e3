import { setTimeout as sleep } from 'node:timers/promises'
import { createCatalog, nearestNames, type Service } from '@sallyport/catalog'
import type { CallOf, ConnectFlow, operations } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, shellWord, type Terminal } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { findConnection } from './lookup.ts'
import { findOAuthApp } from './oauth-apps.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

/** Between two looks at how far somebody has come in the browser; a device code has its own pace at the provider. */
const lookEveryMs = 2_000

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
  { terminal, settings }: CommandContext,
  client: Client,
  { started, options }: { readonly started: Started; readonly options: AskedOptions },
): Promise<void> {
  const { flow } = started
  const link = flow.verificationUriComplete ?? flow.verificationUri ?? flow.continueUrl
  if (link === undefined) throw new CommandError('The vault named no page to go on at.')
  terminal.note(
    flow.userCode === undefined
      ? `To connect ${flow.label}, open this page, signed in to the vault as the same person:\n  ${link}`
      : `To connect ${flow.label}, open ${flow.verificationUri ?? link} on any machine and type in\n  ${flow.userCode}`,
  )
  if (!options.wait) {
    terminal.answer({ flow }, `It can be finished until ${timeOf(flow.expiresAt)}.`)
    return
  }
  if (options.browser && terminal.interactive) await openPage(link, terminal)
  terminal.note(`Waiting until ${timeOf(flow.expiresAt)}; Ctrl-C ends the waiting.`)
  const ended = await waitFor(client, flow)
  if (ended.status !== 'connected' || ended.connectionId === undefined) {
    throw new CommandError(sentenceOf(ended))
  }
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

/** The library starts whatever this system opens pages with; where there is nothing, the link stands there. */
async function openPage(link: string, terminal: Terminal): Promise<void> {
  const { default: open } = await import('open')
  const child = await open(link).catch(() => undefined)
  child?.on('error', () =>
    terminal.note('No browser could be opened here: open the link yourself.'),
  )
}

/** Looks until it is over; the flow ends by itself. How long that may take is the vault's word: this clock may be another. */
async function waitFor(
  client: Client,
  { id: flowId, createdAt, expiresAt }: ConnectFlow,
): Promise<ConnectFlow> {
  const lastMs = performance.now() + Date.parse(expiresAt) - Date.parse(createdAt) + 2 * lookEveryMs
  for (;;) {
    const { flow } = await client.call('getConnectFlow', { flowId })
    if (flow.status !== 'waiting') return flow
    if (performance.now() > lastMs) return { ...flow, status: 'expired' }
    await sleep(lookEveryMs)
  }
}

function sentenceOf({ problem, status }: ConnectFlow): string {
  if (problem !== undefined) return [problem.detail, problem.next].filter(Boolean).join(' ')
  return status === 'expired'
    ? 'Nobody finished it in time. Run it again.'
    : 'The account was not connected. Run it again.'
}

const timeOf = (timestamp: string) => new Date(timestamp).toLocaleTimeString()
