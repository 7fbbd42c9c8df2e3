import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandError } from './terminal.ts'

/** The environment, as the entry point hands it in. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where the commands find the vault and keep what is the user's own. */
export interface Settings {
  readonly baseUrl: string
  readonly dataDir: string
  readonly configDir: string
  /** `--url` and the address, where it was given: what a command that is shown has to repeat. */
  readonly urlOption: string
  readonly environment: Environment
}

/** Where a vault is that was told nothing else. */
export const defaultUrl = 'http://127.0.0.1:4770'

/** Reads where things are. `--url` wins over the environment. */
export function readSettings(environment: Environment, url?: string): Settings {
  const set = (name: string) => environment[name] || undefined
  const baseUrl = readAddress(
    url ?? set('SALLYPORT_BASE_URL') ?? set('SALLYPORT_PUBLIC_URL') ?? localUrl(set),
  )
  const home = set('HOME') ?? homedir()
  return {
    baseUrl,
    dataDir: set('SALLYPORT_DATA_DIR') ?? './.sallyport',
    configDir: join(set('XDG_CONFIG_HOME') ?? join(home, '.config'), 'sallyport'),
    urlOption: url === undefined ? '' : ` --url ${baseUrl}`,
    environment,
  }
}

/** The vault that the same environment would start on this machine. */
function localUrl(set: (name: string) => string | undefined): string {
  const { hostname, port } = new URL(defaultUrl)
  const host = set('SALLYPORT_HOST') ?? hostname
  const reachable = host === '0.0.0.0' || host === '::' ? hostname : host
  const inUrl = reachable.includes(':') ? `[${reachable}]` : reachable
  return `http://${inUrl}:${set('SALLYPORT_PORT') ?? port}`
}

function readAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isAddress =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === ''
  if (isAddress) return url.href.replace(/\/+$/, '')
  throw new CommandError(
    'The vault’s address must be like https://vault.example.com, without user, query or fragment.',
  )
}

/** Reads a JSON file; undefined where there is none. A broken one is an error, never overwritten. */
export function readJsonFile(path: string): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Falls through to the one sentence for every file that is not a JSON object.
  }
  throw new CommandError(
    `${path} is not a JSON object. Mend it or move it away; it was not changed.`,
  )
}

/**
 * Replaces a file in one step. Where `secret`, its owner alone can read it; else a file that is there keeps its mode,
 * and a link keeps leading to it.
 */
export function writeFileWhole(path: string, text: string, { secret }: { secret: boolean }): void {
  mkdirSync(dirname(path), { recursive: true, ...(secret && { mode: 0o700 }) })
  const target = existsSync(path) ? realpathSync(path) : path
  const mode = secret ? 0o600 : modeOf(target)
  const draft = `${target}.${process.pid}.draft`
  try {
    writeFileSync(draft, text, { mode, flag: 'wx' })
    chmodSync(draft, mode)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

const modeOf = (path: string): number =>
  (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777

/** An owner's token as an earlier sign-in left it. */
export interface StoredToken {
  readonly token: string
  readonly tokenId: string
  readonly expiresAt: string
}

/** Where the owner's tokens are kept, by the vault that they are for. */
export const tokensPath = (settings: Settings) => join(settings.configDir, 'tokens.json')

/** What an earlier sign-in at this vault left, expired or not. */
export function readStoredToken(settings: Settings): StoredToken | undefined {
  const stored = readJsonFile(tokensPath(settings))?.[settings.baseUrl]
  if (typeof stored !== 'object' || stored === null) return undefined
  const { token, tokenId, expiresAt }: Partial<Record<string, unknown>> = { ...stored }
  if (typeof token !== 'string' || typeof expiresAt !== 'string') return undefined
  return { token, expiresAt, tokenId: typeof tokenId === 'string' ? tokenId : '' }
}

/** The owner's token for this vault that an earlier sign-in left, if it has not expired. */
export function findStoredToken(settings: Settings, nowMs: number): string | undefined {
  const stored = readStoredToken(settings)
  const isGood = stored !== undefined && Date.parse(stored.expiresAt) > nowMs
  return isGood ? stored.token : undefined
}

/** Keeps a token for this vault, in a file of mode 0600; undefined forgets it. */
export function storeToken(settings: Settings, token: StoredToken | undefined): void {
  const path = tokensPath(settings)
  const { [settings.baseUrl]: _, ...others } = readJsonFile(path) ?? {}
  const all = token === undefined ? others : { ...others, [settings.baseUrl]: token }
  writeFileWhole(path, `${JSON.stringify(all, null, 2)}\n`, { secret: true })
}
