import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
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
  readonly environment: Environment
}

const portDefault = '4770'

/** Reads where things are. `--url` wins over the environment. */
export function readSettings(environment: Environment, url?: string): Settings {
  const set = (name: string) => environment[name] || undefined
  const baseUrl =
    url ??
    set('SALLYPORT_BASE_URL') ??
    set('SALLYPORT_PUBLIC_URL') ??
    `http://127.0.0.1:${set('SALLYPORT_PORT') ?? portDefault}`
  if (!URL.canParse(baseUrl)) throw new CommandError(`${baseUrl} is not a URL.`)
  const home = set('HOME') ?? homedir()
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    dataDir: set('SALLYPORT_DATA_DIR') ?? './.sallyport',
    configDir: join(set('XDG_CONFIG_HOME') ?? join(home, '.config'), 'sallyport'),
    environment,
  }
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

/** Replaces a file in one step, readable by its owner alone where `secret`. */
export function writeFileWhole(path: string, text: string, { secret }: { secret: boolean }): void {
  const mode = secret ? 0o600 : 0o644
  mkdirSync(dirname(path), { recursive: true, ...(secret && { mode: 0o700 }) })
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, text, { mode, flag: 'wx' })
  chmodSync(draft, mode)
  renameSync(draft, path)
}

interface StoredToken {
  readonly token: string
  readonly expiresAt: string
}

const tokensPath = (settings: Settings) => join(settings.configDir, 'tokens.json')

/** The owner's token for this vault that an earlier sign-in left, if it has not expired. */
export function findStoredToken(settings: Settings, nowMs: number): string | undefined {
  const stored = readJsonFile(tokensPath(settings))?.[settings.baseUrl] as StoredToken | undefined
  if (stored === undefined || Date.parse(stored.expiresAt) <= nowMs) return undefined
  return stored.token
}

/** Keeps a token for this vault, in a file of mode 0600; undefined forgets it. */
export function storeToken(settings: Settings, token: StoredToken | undefined): void {
  const path = tokensPath(settings)
  const { [settings.baseUrl]: _, ...others } = readJsonFile(path) ?? {}
  const all = token === undefined ? others : { ...others, [settings.baseUrl]: token }
  writeFileWhole(path, `${JSON.stringify(all, null, 2)}\n`, { secret: true })
}
