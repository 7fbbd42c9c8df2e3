import { setTimeout as sleep } from 'node:timers/promises'
import type { McpServer } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Command } from 'commander'
import { CommandError, printable } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { findServer } from './server-lookups.ts'
import { howItIs } from './show-server.ts'
import { waitInBrowser } from './wait-in-browser.ts'

const lookEveryMs = 500
const looksMax = 20

interface SignInOptions {
  readonly issuer?: string
  readonly clientId?: string
  readonly clientCredentials?: boolean
  readonly publicClient?: boolean
  readonly newClient?: boolean
  readonly scope?: string[]
  readonly look?: boolean
  readonly browser: boolean
  readonly wait: boolean
}

/** `sallyport servers sign-in` and `sign-out`: servers that want OAuth. */
export function addServerSignInCommands(servers: Command, run: RunCommand): void {
  servers
    .command('sign-in <server>')
    .description('Sign in to it by OAuth: opens the browser, or prints the link (id or name)')
    .option('--look', 'only say how it is signed in to')
    .option('--scope <scope>', 'ask for this instead of what the server wants (repeat)', collect)
    .option('--client-id <id>', 'of a client that you registered; its secret is asked for')
    .option('--public-client', 'the client has no secret')
    .option('--client-credentials', 'as that client itself, without a person')
    .option('--issuer <url>', 'the authorization server, where the server names several')
    .option('--new-client', 'do not use the client of the sign-in before')
    .option('--no-browser', 'print the link and open nothing')
    .option('--no-wait', 'end at once; the link stays good for some minutes')
    .action(
      run(async (context, [wanted, options]: [string, SignInOptions]) => {
        const client = await context.owner()
        const server = await findServer(client, wanted)
        if (options.look === true) await look(context, client, { server, options })
        else await signIn(context, client, { server, options })
      }),
    )

  servers
    .command('sign-out <server>')
    .description('Destroy its tokens here, and tell its authorization server (id or name)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: serverId } = await findServer(client, wanted)
        const answer = await client.call('signOutOfMcpServer', { serverId })
        terminal.answer(answer, `${answer.server.name} is signed out of.`)
      }),
    )
}

interface Wanted {
  readonly server: McpServer
  readonly options: SignInOptions
}

async function look({ terminal }: CommandContext, client: Client, { server, options }: Wanted) {
  const { issuer } = options
  const answer = await client.call('discoverMcpSignIn', {
    ...{ serverId: server.id, ...(issuer !== undefined && { issuer }) },
  })
  const { found } = answer
  terminal.answer(
    answer,
    [
      printable(found.message),
      `  for       ${printable(found.resource)}`,
      `  at        ${printable(found.issuer)}`,
      ...(found.scopes.length === 0 ? [] : [`  scopes    ${printable(found.scopes.join(' '))}`]),
      `  redirect  ${found.redirectUri}`,
    ].join('\n'),
  )
}

async function signIn(context: CommandContext, client: Client, { server, options }: Wanted) {
  const { terminal } = context
  const begun = await client.call('signInToMcpServer', {
    ...{ serverId: server.id, ...(await howAsked(context, options)) },
  })
  const { flow } = begun
  if (flow === undefined) {
    terminal.answer(begun, `${printable(begun.server.name)}: ${howItIs(begun.server)}`)
    return
  }
  const ended = await waitInBrowser(context, client, { flow, options, what: server.name })
  if (ended === undefined) return
  const after = await whenConnected(client, server.id)
  terminal.answer(
    { ...after, flow: ended },
    `${printable(after.server.name)}: ${howItIs(after.server)}`,
  )
}

/** The vault connects with its new token by itself, which takes a moment; looks until it has, or that takes too long. */
async function whenConnected(client: Client, serverId: string) {
  for (let looks = 1; ; looks += 1) {
    const answer = await client.call('getMcpServer', { serverId })
    if (answer.server.status === 'connected' || looks === looksMax) return answer
    await sleep(lookEveryMs)
  }
}

async function howAsked({ terminal }: CommandContext, options: SignInOptions) {
  const { issuer, clientId, scope, newClient, clientCredentials, publicClient } = options
  if (clientId === undefined && (clientCredentials === true || publicClient === true)) {
    throw new CommandError('--client-credentials and --public-client go with --client-id.')
  }
  const hasSecret = clientId !== undefined && publicClient !== true
  return {
    ...(issuer !== undefined && { issuer }),
    ...(clientId !== undefined && { clientId }),
    ...(hasSecret && { clientSecret: await terminal.askSecret('Client secret') }),
    ...(clientCredentials === true && { method: 'client_credentials' as const }),
    ...(scope !== undefined && { scopes: scope }),
    ...(newClient === true && { newClient }),
  }
}
