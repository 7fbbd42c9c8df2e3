import type { McpServer } from '@sallyport/contracts'
import { printable, shellWord } from '../terminal.ts'

const ownUser = 'a user of its own, who can read nothing of the vault’s'
const vaultsUser = 'the vault’s own user: it can read all that the vault can, its keys too'

const counted = (count: number) => (count === 1 ? '1 tool' : `${count} tools`)

/** How a server is, in one line: what it offers, and what last went wrong. */
export function howItIs(server: McpServer): string {
  const { enabled, status, toolCount, heldCount, lastFailure } = server
  if (!enabled) return 'disabled'
  // The vault answers after 15 s; a program that is downloaded first takes longer.
  if (status === 'disconnected' && lastFailure === undefined) {
    return 'still connecting (`sallyport servers list` says when it is)'
  }
  const held = heldCount === 0 ? '' : `, ${heldCount} held until you look`
  const failed =
    lastFailure === undefined
      ? ''
      : `${status === 'connected' ? '; it serves on, and the last attempt did not work' : ''}; ${lastFailure.stage}: ${printable(lastFailure.message)}`
  return `${status}, ${counted(toolCount)}${held}${failed}`
}

/** How it is signed in to; undefined where it wants no sign-in. */
function signInOf({ auth }: McpServer): string | undefined {
  const { account, scopes = [], neededScopes = [] } = auth
  const granted = scopes.length === 0 ? '' : `: ${scopes.join(' ')}`
  switch (auth.state) {
    case 'none':
      return undefined
    case 'required':
      return 'wanted (`sallyport servers sign-in`), or another credential'
    case 'signed_in':
      return `signed in${account === undefined ? '' : ` as ${account}`}${granted}`
    case 'scopes_needed':
      return `signed in${granted}; it wants ${neededScopes.join(' ')}: sign in again`
    case 'ended':
      return 'ended: sign in again'
  }
}

/** As whom the vault runs programs. */
interface ProgramStrength {
  readonly isolated: boolean
}

/**
 * A server with all that was said of it; values of headers and environment are masked by the vault. `programs`: where it is one.
 */
export function describeServer(server: McpServer, programs?: ProgramStrength): string {
  const { id, name, description, transport, permission } = server
  const row = (title: string, text: string | undefined) =>
    text === undefined || text === '' ? [] : [`${title.padEnd(12)}${printable(text)}`]
  const values = (title: string, pairs: Readonly<Record<string, string>>) =>
    Object.entries(pairs).flatMap(([key, value]) => row(title, `${key}: ${value}`))
  return [
    `${id}  ${printable(name)}`,
    ...row('', description),
    ...row('status', howItIs(server)),
    ...row('sign-in', signInOf(server)),
    ...row('connected', server.lastConnectedAt),
    ...row(
      'says it is',
      server.serverInfo && `${server.serverInfo.name} ${server.serverInfo.version}`,
    ),
    ...row('transport', transport),
    ...row('url', server.url),
    ...row('command', [server.command ?? '', ...server.args].map(shellWord).join(' ').trim()),
    ...row('directory', server.cwd),
    ...row('permission', permission),
    ...row('runs as', programs && (programs.isolated ? ownUser : vaultsUser)),
    ...row('package', server.package),
    ...values('header', server.headers),
    ...values('env', server.env),
    ...row('variables', server.variables.join(' ')),
    ...row(
      'timeouts',
      `connect ${server.connectTimeoutSeconds} s, read ${server.readTimeoutSeconds} s`,
    ),
    ...(server.perAgent ? row('processes', 'one for each agent') : []),
    ...row('toolset', server.toolset),
  ].join('\n')
}
