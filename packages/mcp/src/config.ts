import type { AgentPrivateKey } from '@sallyport/sdk'
import { ConfigFault } from './config-fault.ts'
import { readInlineKey, readKeyFile } from './private-key.ts'

/** What the server runs with, read once from its variables. */
export interface Config {
  /** The vault's address, without a trailing slash. */
  readonly baseUrl: string
  readonly auth: AgentAuth | BearerAuth
  /** Credentials of the caller's own, by the id of the connection. */
  readonly callerCredentials: Readonly<Record<string, string>>
  /** The longest that a call waits for an owner. */
  readonly pollTimeoutMs: number
  /** How often an approval is looked at, and how often a waiting client hears that the call goes on. */
  readonly pollIntervalMs: number
  /** What the person who set this up should know; for stderr. */
  readonly notes: readonly string[]
}

export interface AgentAuth {
  readonly kind: 'agent'
  readonly agentId: string
  readonly privateKey: AgentPrivateKey
  readonly audience: string
  /** Where the key came from, for messages. */
  readonly keySource: string
}
export interface BearerAuth {
  readonly kind: 'bearer'
  readonly token: string
}

interface Needs {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readText: (path: string) => string
  readonly homeDir: string
}

const pollTimeoutMsDefault = 300_000
const pollIntervalMsDefault = 5_000

/**
 * Reads the variables `SALLYPORT_*`, each also under its older name `AGENTHIFIVE_*`. An empty one counts as missing, and
 * so does one that holds an unexpanded `${NAME}`, because clients pass on what they could not expand.
 * @throws ConfigFault
 */
export function readConfig({ env, readText, homeDir }: Needs): Config {
  const variables = createVariables(env)
  const baseUrl = readBaseUrl(variables)
  return {
    baseUrl,
    auth: readAuth(variables, baseUrl, (path) => readText(expandHome(path, homeDir))),
    callerCredentials: readCallerCredentials(variables),
    pollTimeoutMs: readMs(variables, 'POLL_TIMEOUT_MS', pollTimeoutMsDefault),
    pollIntervalMs: readMs(variables, 'POLL_INTERVAL_MS', pollIntervalMsDefault),
    notes: variables.notes,
  }
}

interface Variables {
  find(suffix: string): { name: string; value: string } | undefined
  /** `SALLYPORT_X`, and why what is there does not count. */
  describe(suffix: string): string
  readonly notes: readonly string[]
}

const unexpanded = /\$\{[^}]*\}/

function createVariables(env: Needs['env']): Variables {
  const namesOf = (suffix: string) => [`SALLYPORT_${suffix}`, `AGENTHIFIVE_${suffix}`]
  const isUnexpanded = (name: string) => unexpanded.test(env[name] ?? '')
  const notes = Object.keys(env)
    .filter((name) => /^(SALLYPORT|AGENTHIFIVE)_/.test(name) && isUnexpanded(name))
    .map((name) => `${name} is ignored: ${whyUnexpanded(env[name])}.`)
  return {
    find(suffix) {
      for (const name of namesOf(suffix)) {
        const value = env[name]?.trim() ?? ''
        if (value !== '' && !isUnexpanded(name)) return { name, value }
      }
      return undefined
    },
    describe(suffix) {
      const name = namesOf(suffix).find(isUnexpanded)
      return name === undefined ? `SALLYPORT_${suffix}` : `${name} (${whyUnexpanded(env[name])})`
    },
    notes,
  }
}

const whyUnexpanded = (value = '') =>
  `it holds ${unexpanded.exec(value)?.[0] ?? ''} literally, which your client did not expand`

function readBaseUrl(variables: Variables): string {
  const found = variables.find('BASE_URL')
  if (found === undefined) {
    throw new ConfigFault(
      `${variables.describe('BASE_URL')} is missing: set it to the vault's address, such as http://127.0.0.1:4770.`,
    )
  }
  const url = URL.canParse(found.value) ? new URL(found.value) : undefined
  const isAddress =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === ''
  if (!isAddress) {
    throw new ConfigFault(
      `${found.name} must be an address such as https://vault.example.com, without user, query or fragment.`,
    )
  }
  return found.value.replace(/\/+$/, '')
}

function readAuth(
  variables: Variables,
  baseUrl: string,
  readText: Needs['readText'],
): AgentAuth | BearerAuth {
  const token = variables.find('BEARER_TOKEN')
  if (token !== undefined) {
    if (/^[\x21-\x7e]+$/.test(token.value)) return { kind: 'bearer', token: token.value }
    throw new ConfigFault(`${token.name} must be a token: printable characters without spaces.`)
  }
  const path = variables.find('PRIVATE_KEY_PATH')
  const key = path ?? variables.find('PRIVATE_KEY')
  const agentId = variables.find('AGENT_ID')
  if (key === undefined) {
    throw new ConfigFault(
      agentId === undefined
        ? `No credentials: set ${variables.describe('AGENT_ID')} and ${variables.describe('PRIVATE_KEY_PATH')}, or ${variables.describe('BEARER_TOKEN')}.`
        : `${variables.describe('PRIVATE_KEY_PATH')} is missing (or ${variables.describe('PRIVATE_KEY')}, the key itself in base64).`,
    )
  }
  if (agentId === undefined) {
    throw new ConfigFault(
      `${variables.describe('AGENT_ID')} is missing: the id of the agent whose key this is.`,
    )
  }
  const loaded = key === path ? readKeyFile(key, readText) : readInlineKey(key)
  const audience = variables.find('TOKEN_AUDIENCE')?.value.replace(/\/+$/, '') ?? baseUrl
  return { kind: 'agent', agentId: agentId.value, audience, ...loaded }
}

/** `con_… value, con_… value`, as the vault's header has them; one a line as well. */
function readCallerCredentials(variables: Variables): Record<string, string> {
  const found = variables.find('CALLER_CREDENTIAL')
  if (found === undefined) return {}
  const entries = found.value
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => /^(con_[0-9A-Za-z]+)[ \t]+([\x20-\x7e]+)$/.exec(entry)?.slice(1))
  if (entries.some((entry) => entry === undefined)) {
    throw new ConfigFault(
      `${found.name} must be the id of a connection, a space and your credential for it; several with commas between them.`,
    )
  }
  return Object.fromEntries(entries.filter((entry) => entry !== undefined))
}

function readMs(variables: Variables, suffix: string, otherwise: number): number {
  const found = variables.find(suffix)
  if (found === undefined) return otherwise
  if (/^[1-9]\d{0,8}$/.test(found.value)) return Number(found.value)
  throw new ConfigFault(`${found.name} must be a whole number of milliseconds, at least 1.`)
}

const expandHome = (path: string, homeDir: string) => path.replace(/^~(?=[/\\])/, homeDir)
