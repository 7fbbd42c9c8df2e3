// Reads one server of a file into what the vault keeps of one.
import type { McpTransport } from '@sallyport/contracts'
import type { FoundServer, McpConfigForm } from './find-servers.ts'
import { readAddress, takeHeaders } from './read-address.ts'
import { isObject } from './read-jsonc.ts'
import { readLaunch, takeWords, type Words } from './read-launch.ts'
import type { Reading } from './read-texts.ts'
import { type ServerDraft, ServerFault } from './server-draft.ts'
import { type Members, takeMembers } from './take-members.ts'
import { unwrapBridge } from './unwrap-bridge.ts'

/** What holds for the whole file. */
interface OfFile {
  readonly form: McpConfigForm
  readonly timeoutSeconds?: number
  /** A name that no other server of the file has. */
  readonly nameOf: (key: string) => string
}

/** Reads one server. @throws ServerFault with the reason why it cannot be taken */
export function readServer(found: FoundServer, reading: Reading, file: OfFile): ServerDraft {
  if (!isObject(found.value)) throw new ServerFault('It is no object.')
  const members = takeMembers(found.value)
  const name = file.nameOf(found.key)
  members.take(['name', '$schema'])
  const description = members.text('description')?.trim()
  const enabled = readEnabled(members)
  const timeouts = readTimeouts(members, file, reading)
  const way = readWay(members, reading)
  const packageName = members.text('package')
  const perAgent = members.flag('perAgent')
  nameLeftOver(members, file.form, reading)
  return {
    name,
    ...(description !== undefined && description !== '' && { description }),
    ...way,
    ...(packageName !== undefined && { package: packageName }),
    ...(perAgent === true && { perAgent }),
    ...timeouts,
    enabled,
  }
}

function readEnabled(members: Members): boolean {
  const isOff = members.flag('disabled') === true || members.flag('enabled') === false
  return !isOff
}

const transports: ReadonlyMap<string, McpTransport> = new Map([
  ...['stdio', 'local'].map((name) => [name, 'stdio'] as const),
  ...['http', 'streamablehttp', 'remote', 'streamable'].map(
    (name) => [name, 'streamable_http'] as const,
  ),
  ['sse', 'sse'],
])

function readTransport(members: Members): McpTransport | undefined {
  const said = members.text('type', 'transport', 'transportType')
  if (said === undefined) return undefined
  const found = transports.get(said.toLowerCase().replaceAll(/[-_ ]/g, ''))
  // OpenCode’s word says nothing of how the address is spoken to.
  if (found !== undefined) return said === 'remote' ? undefined : found
  throw new ServerFault(
    `The transport ${JSON.stringify(said.slice(0, 40))} is none of stdio, streamable_http and sse.`,
  )
}

type Way = Pick<
  ServerDraft,
  'transport' | 'command' | 'args' | 'env' | 'cwd' | 'url' | 'headers' | 'permission'
>

function readWay(members: Members, reading: Reading): Way {
  const said = readTransport(members)
  const words = takeWords(members, reading)
  const streamed = members.text('httpUrl')
  const url =
    streamed ?? members.text('url', 'baseUrl', 'base_url', 'serverUrl', 'server_url', 'endpoint')
  if (words !== undefined && url !== undefined && said === undefined) {
    throw new ServerFault('It names a command and a URL, and not which of them is meant.')
  }
  if (words !== undefined && said !== undefined && said !== 'stdio') {
    throw new ServerFault(`It names a command, and the transport ${said}.`)
  }
  if (words !== undefined) return readProgram(words, members, reading)
  if (url === undefined) throw new ServerFault('It names neither a command nor a URL.')
  if (said === 'stdio') throw new ServerFault('It names a URL, and the transport stdio.')
  const transport = streamed === undefined ? said : 'streamable_http'
  const headers = takeHeaders(members, reading)
  members.take(['args', 'argsJson', 'env', 'envJson', 'cwd', 'working_dir', 'permission'])
  const address = readAddress({ url, headers, transport }, reading)
  return { ...address, args: [], env: {}, permission: 'workspace' }
}

function readProgram(words: Words, members: Members, reading: Reading): Way {
  const bridge = unwrapBridge(words, new Map(members.pairs('env', 'environment', 'envJson')))
  members.take(['url', 'baseUrl', 'headers', 'headersJson'])
  if (bridge === undefined) {
    return { transport: 'stdio', headers: {}, ...readLaunch(words, members, reading) }
  }
  members.take(['cwd', 'permission', 'package'])
  reading.reasons.push('mcp-remote is left out: the vault speaks to the address itself.')
  if (bridge.leftOut.length > 0) {
    reading.reasons.push(`Options of mcp-remote are left out: ${bridge.leftOut.join(' ')}`)
  }
  return { ...readAddress(bridge, reading), args: [], env: {}, permission: 'workspace' }
}

const timeoutSecondsMax = 300
/** From here on a time without a unit is one of milliseconds. */
const millisecondsFrom = 1000

function readTimeouts(members: Members, { timeoutSeconds }: OfFile, { reasons }: Reading) {
  const bound = (seconds: number) => Math.min(timeoutSecondsMax, Math.max(1, Math.round(seconds)))
  const connect = members.number('connectTimeoutSeconds', 'startup_timeout_sec')
  const named = members.number('readTimeoutSeconds', 'tool_timeout_sec') ?? timeoutSeconds
  const bare = members.number('timeout')
  const guessed =
    bare === undefined ? undefined : bare >= millisecondsFrom ? bare / millisecondsFrom : bare
  const read = named ?? guessed
  if (named === undefined && guessed !== undefined) {
    reasons.push(`timeout ${bare} is read as ${bound(guessed)} s.`)
  }
  return {
    ...(connect !== undefined && { connectTimeoutSeconds: bound(connect) }),
    ...(read !== undefined && { readTimeoutSeconds: bound(read) }),
  }
}

/** What other programs keep beside a server, and why the vault has no use for it. */
const leftOut: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:auth|oauth|oauth_?.*|oauth[A-Z].*|scopes?|authProviderType)$/,
    'sign in to it once it is kept.',
  ],
  [/^headersHelper$/, 'it runs a program for headers, which the vault does not.'],
  [/^(?:envFile|env_file)$/, 'it names a file, which is not read: give what it holds in env.'],
  [
    /^(?:allowed_?[tT]ools|blocked_?[tT]ools|includeTools|excludeTools|autoApprove|alwaysAllow|disabledTools|trust|tools)$/,
    'grants say which tools an agent has, and when an owner is asked.',
  ],
]

/** What means nothing here and is no loss. */
const meaningless =
  /^(?:version|gallery|icon|iconUrl|dev|lifecycle|logging|client_?[nN]ame|token_?[cC]ache_?[dD]ir|sandbox.*|cwdMode|installed.*|source|provider.*|tags|logoUrl|timeoutMs|isActive|longRunning)$/

/** What this vault and MateClaw answer beside what can be set. */
const answered =
  /^(?:id|status|lastStatus|lastError|lastFailure|lastConnected\w*|toolCount|heldCount|builtin|serverInfo|toolset|toolsetId|connectionId|variables|created\w*|createTime|updated\w*|updateTime|deleted|headersJson|envJson|argsJson)$/

function nameLeftOver(members: Members, form: McpConfigForm, { reasons }: Reading): void {
  const unknown: string[] = []
  for (const name of members.leftOver()) {
    const known = leftOut.find(([pattern]) => pattern.test(name))
    if (known !== undefined) reasons.push(`${name} is left out: ${known[1]}`)
    else if (!meaningless.test(name) && !(form === 'mateclaw' && answered.test(name))) {
      unknown.push(JSON.stringify(name.slice(0, 60)))
    }
  }
  if (unknown.length > 0) reasons.push(`Unknown members are left out: ${unknown.join(', ')}.`)
}
