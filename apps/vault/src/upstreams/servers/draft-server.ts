import {
  type createMcpServer,
  type FieldFault,
  type InputOf,
  type McpTransport,
  maskedValue,
} from '@sallyport/contracts'
import type { ServerSettings, ServerValues } from '../kept/server-store.ts'
import { faultsOfSettings } from './setting-faults.ts'

/** What a server is to be. */
export interface DraftServer {
  readonly settings: ServerSettings
  readonly values: ServerValues
}

/** What an owner may say of a server, all of it or a part. */
export type ServerInput = {
  readonly [Name in keyof InputOf<typeof createMcpServer>]?:
    | InputOf<typeof createMcpServer>[Name]
    | undefined
}

const timeoutSecondsDefault = 30

const unsaid: ServerSettings = {
  name: '',
  description: null,
  transport: 'streamable_http',
  command: null,
  args: [],
  cwd: null,
  url: null,
  permission: 'workspace',
  package: null,
  connectTimeoutSeconds: timeoutSecondsDefault,
  readTimeoutSeconds: timeoutSecondsDefault,
  perAgent: false,
  enabled: true,
}

/**
 * What a server becomes of what it was (nothing: a new one) and of what is said now: what is not named stays, and so does what is
 * masked. All that is wrong with it, by field, or none; what operators and variables say is looked at elsewhere.
 */
export function draftServer(
  input: ServerInput,
  before: DraftServer | undefined,
): DraftServer & { readonly faults: readonly FieldFault[] } {
  const faults: FieldFault[] = []
  const was = before?.settings ?? unsaid
  const said = (name: keyof ServerInput, json: keyof ServerInput, read: ReadJson) =>
    readEither(input, { name, json, read }, faults)
  const args = said('args', 'argsJson', readStrings) as readonly string[] | undefined
  const values = {
    headers: keepMasked(said('headers', 'headersJson', readRecord), {
      field: 'headers',
      before: before?.values.headers,
      faults,
    }),
    env: keepMasked(said('env', 'envJson', readRecord), {
      field: 'env',
      before: before?.values.env,
      faults,
    }),
  }
  const settings: ServerSettings = {
    name: input.name ?? was.name,
    description: textOr(input.description, was.description),
    transport: transportOf(input.transport) ?? was.transport,
    command: textOr(input.command, was.command),
    args: args ?? was.args,
    cwd: textOr(input.cwd, was.cwd),
    url: textOr(input.url, was.url),
    permission: input.permission ?? was.permission,
    package: textOr(input.package, was.package),
    connectTimeoutSeconds: input.connectTimeoutSeconds ?? was.connectTimeoutSeconds,
    readTimeoutSeconds: input.readTimeoutSeconds ?? was.readTimeoutSeconds,
    perAgent: input.perAgent ?? was.perAgent,
    enabled: input.enabled ?? was.enabled,
  }
  return { settings, values, faults: [...faults, ...faultsOfSettings(settings, values)] }
}

/** An empty text is none, as forms send it. */
const textOr = (said: string | null | undefined, before: string | null): string | null =>
  said === undefined ? before : said === '' ? null : said

const transportOf = (said: ServerInput['transport']): McpTransport | undefined =>
  said === 'http' ? 'streamable_http' : said

type ReadJson = (value: unknown) => unknown

/** A member, or the JSON text of it. Both may be given where they say the same. */
function readEither(
  input: ServerInput,
  { name, json, read }: { name: keyof ServerInput; json: keyof ServerInput; read: ReadJson },
  faults: FieldFault[],
): unknown {
  const [plain, text] = [input[name], input[json]]
  if (typeof text !== 'string') return plain
  const parsed = parse(text, read, name === 'args' ? [] : {})
  if (parsed === undefined) {
    const what = name === 'args' ? 'array of strings' : 'object of strings'
    faults.push({ field: json, message: `must be a JSON ${what}` })
    return plain
  }
  if (plain !== undefined && JSON.stringify(plain) !== JSON.stringify(parsed)) {
    faults.push({ field: json, message: `says something else than ${name}: give one of them` })
  }
  return parsed
}

function parse(text: string, read: ReadJson, empty: unknown): unknown {
  if (text.trim() === '') return empty
  try {
    return read(JSON.parse(text))
  } catch {
    return undefined
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const readStrings = (value: unknown) =>
  Array.isArray(value) && value.every(isText) ? value : undefined

const readRecord = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(isText)
    ? value
    : undefined

/** What a mask stands in for is kept; a value with a part of a mask in it is a slip. */
function keepMasked(
  said: unknown,
  of: {
    readonly field: 'headers' | 'env'
    readonly before: Readonly<Record<string, string>> | undefined
    readonly faults: FieldFault[]
  },
): Readonly<Record<string, string>> {
  const { field, before = {}, faults } = of
  if (said === undefined) return before
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(said as Readonly<Record<string, string>>)) {
    const known = field === 'env' ? ownOf(before, name) : ownOfAnyCase(before, name)
    if (value !== maskedValue && value.includes('••')) {
      faults.push({ field: `${field}.${name}`, message: 'holds a mask: write the whole value' })
    } else if (value === maskedValue && known === undefined) {
      faults.push({ field: `${field}.${name}`, message: 'is masked, and nothing is kept for it' })
    } else kept.push([name, value === maskedValue ? (known ?? '') : value])
  }
  return Object.fromEntries(kept)
}

const ownOf = (record: Readonly<Record<string, string>>, name: string) =>
  Object.hasOwn(record, name) ? record[name] : undefined

const ownOfAnyCase = (record: Readonly<Record<string, string>>, name: string) =>
  Object.entries(record).find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1]
