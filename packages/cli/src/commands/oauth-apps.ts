import { readFileSync } from 'node:fs'
import { createCatalog, type Provider } from '@sallyport/catalog'
import {
  type CallOf,
  clientAuthentications,
  type OAuthApp,
  type operations,
} from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Command, Option } from 'commander'
import { CommandError, shellWord, type Terminal, table } from '../terminal.ts'
import { everyPage } from './lookup.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

type NewApp = CallOf<typeof operations.createOAuthApp>
interface AddOptions {
  readonly clientId?: string
  readonly clientAuthentication?: NewApp['clientAuthentication']
  readonly privateKeyFile?: string
  readonly keyId?: string
  readonly issuer?: string
  readonly authorizationEndpoint?: string
  readonly tokenEndpoint?: string
  readonly revocationEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
  readonly parameter?: string[]
  readonly name?: string
}

/** `sallyport oauth-apps …`: the workspace's own OAuth clients, one for each provider. */
export function addOAuthAppCommands(program: Command, run: RunCommand): void {
  const apps = program
    .command('oauth-apps')
    .description('Your own OAuth clients, by which accounts are connected')

  apps
    .command('list')
    .description('List them, with the redirect URI to register for each')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listOAuthApps', options)
        const rows = page.oauthApps.map((app) => [
          app.id,
          app.provider,
          app.name,
          app.clientId,
          String(app.connections),
        ])
        const text = [
          table(['id', 'provider', 'name', 'client id', 'connections'], rows),
          `Redirect URI to register with a provider: ${page.redirectUri}`,
          ...(page.nextCursor === undefined ? [] : [`More: --cursor ${page.nextCursor}`]),
        ]
        terminal.answer(page, text.join('\n'))
      }),
    )

  addAddCommand(apps, run)
  addChanges(apps, run)
}

function addAddCommand(apps: Command, run: RunCommand): void {
  apps
    .command('add <provider>')
    .description('Keep the client that you registered; the secret is asked for, or read from stdin')
    .option('--client-id <id>', 'as the provider gave it')
    .addOption(
      new Option(
        '--client-authentication <method>',
        'how it proves itself (default: as the provider wants it)',
      ).choices(clientAuthentications),
    )
    .option('--private-key-file <file>', 'for private_key_jwt: PKCS #8 in PEM, or a JWK')
    .option('--key-id <id>', 'of the private key')
    .option('--name <name>', 'a name for people (default: the provider’s)')
    .option(
      '--parameter <name=value>',
      'what the provider’s endpoints leave open (repeat)',
      collect,
    )
    .option('--issuer <url>', 'of a provider that is not in the catalog: its metadata is read')
    .option('--authorization-endpoint <url>', 'of one that has no metadata')
    .option('--token-endpoint <url>', 'of one that has no metadata')
    .option('--revocation-endpoint <url>', 'of one that has no metadata')
    .option('--device-authorization-endpoint <url>', 'of one that has no metadata')
    .action(
      run(async ({ terminal, settings, owner }, [id, options]: [string, AddOptions]) => {
        const client = await owner()
        const provider = createCatalog().findProvider(id)
        if (options.clientId === undefined) await sayWhatToRegister(client, terminal, provider)
        const made = await client.call(
          'createOAuthApp',
          await readApp(terminal, { id, provider, options }),
        )
        const { name } = made.oauthApp
        terminal.answer(
          made,
          `${made.oauthApp.id}  ${name}\nNext: npx sallyport connections connect <service>${settings.urlOption}`,
        )
      }),
    )
}

async function sayWhatToRegister(
  client: Client,
  terminal: Terminal,
  provider: Provider | undefined,
): Promise<void> {
  const { redirectUri } = await client.call('listOAuthApps', { limit: 1 })
  const steps = provider?.oauth?.registration
  terminal.note(
    [
      ...(steps === undefined ? [] : [`Register an app at ${steps.url}:`]),
      ...(steps?.steps ?? []).map((step, index) => `  ${index + 1}. ${step}`),
      `Redirect URI, exactly so: ${redirectUri}`,
    ].join('\n'),
  )
}

async function readApp(
  terminal: Terminal,
  wanted: { id: string; provider: Provider | undefined; options: AddOptions },
): Promise<NewApp> {
  const { options, provider } = wanted
  const { clientId, privateKeyFile, parameter = [], ...plain } = options
  const authentication = options.clientAuthentication ?? provider?.oauth?.clientAuthentication
  requireKeyFile(authentication, privateKeyFile)
  return {
    provider: wanted.id,
    clientId: clientId ?? (await terminal.ask('Client id', { option: '--client-id' })),
    ...plain,
    ...(parameter.length > 0 && { parameters: Object.fromEntries(parameter.map(readParameter)) }),
    ...(privateKeyFile !== undefined && { privateKey: readKey(privateKeyFile) }),
    ...(authentication !== 'none' &&
      privateKeyFile === undefined && { clientSecret: await terminal.askSecret('Client secret') }),
  }
}

function readParameter(text: string): [string, string] {
  const end = text.indexOf('=')
  if (end < 1) throw new CommandError(`--parameter ${text} is not written as name=value.`)
  return [text.slice(0, end), text.slice(end + 1)]
}

/** A client that proves itself by a key has no secret to ask for. Throws CommandError. */
export function requireKeyFile(authentication: string | undefined, path: string | undefined): void {
  if (authentication !== 'private_key_jwt' || path !== undefined) return
  throw new CommandError(
    'private_key_jwt needs the private key: name its file with --private-key-file.',
  )
}

/** The text of a key file; CommandError where it cannot be read. */
export function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new CommandError(`The file ${path} cannot be read.`)
  }
}

function addChanges(apps: Command, run: RunCommand): void {
  apps
    .command('change-secret <app>')
    .description('Put another client secret in its place (id or provider)')
    .action(
      run(async ({ terminal, owner, withFreshSignIn }, [wanted]: [string]) => {
        const { id: oauthAppId, name } = await findOAuthApp(await owner(), wanted)
        const clientSecret = await terminal.askSecret('New client secret')
        const changed = await withFreshSignIn((client) =>
          client.call('updateOAuthApp', { oauthAppId, clientSecret }),
        )
        terminal.answer(changed, `${name} has another secret.`)
      }),
    )

  apps
    .command('remove <app>')
    .description('Forget one that no connection uses any more (id or provider)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id: oauthAppId, name } = await findOAuthApp(client, wanted)
        terminal.answer(
          await client.call('deleteOAuthApp', { oauthAppId }),
          `${name} is forgotten.`,
        )
      }),
    )
}

/** Finds an OAuth app by its id or its provider, of which there is one at most. Throws CommandError. */
export async function findOAuthApp(client: Client, wanted: string): Promise<OAuthApp> {
  if (wanted.startsWith('oap_')) {
    return (await client.call('getOAuthApp', { oauthAppId: wanted })).oauthApp
  }
  const all = await everyPage(async (cursor) => {
    const page = await client.call('listOAuthApps', { limit: 200, ...cursor })
    return { rows: page.oauthApps, nextCursor: page.nextCursor }
  })
  const found = all.find(({ provider }) => provider === wanted)
  if (found !== undefined) return found
  throw new CommandError(
    `There is no OAuth app for "${wanted}". \`sallyport oauth-apps add ${shellWord(wanted)}\` adds one.`,
  )
}
