import { createMcpServer, type McpServer, maskedValue, mcpTransports } from '@sallyport/contracts'
import { z } from 'zod'
import type { Input } from '../../../api.ts'

// What is typed of a server, and what of it is sent: nothing that did not change, and no value that is masked but as it came.

const { shape } = createMcpServer.input

/** A name and a value of the environment or of the headers. */
export interface TypedPair {
  readonly name: string
  readonly value: string
}
const Pairs = z
  .array(z.object({ name: z.string().trim().min(1, 'must be given'), value: z.string() }))
  .refine((pairs) => new Set(pairs.map(({ name }) => name)).size === pairs.length, {
    message: 'has one name twice',
  })

const seconds = z
  .number({ error: 'must be a whole number' })
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(300, 'must be at most 300')

/** The form of a server, saved or not. */
export const TypedServer = z
  .object({
    name: shape.name,
    description: z.string().trim().max(2000).default(''),
    transport: z.enum(mcpTransports),
    command: z.string().trim().default(''),
    args: z.array(z.string()),
    env: Pairs,
    cwd: z.string().trim().default(''),
    permission: z.enum(['workspace', 'full']),
    package: z.string().trim().default(''),
    perAgent: z.boolean(),
    url: z.string().trim().default(''),
    headers: Pairs,
    connectTimeoutSeconds: seconds,
    readTimeoutSeconds: seconds,
    enabled: z.boolean(),
  })
  .refine(({ transport, command }) => transport !== 'stdio' || command !== '', {
    path: ['command'],
    message: 'must be given',
  })
  .refine(({ transport, url }) => transport === 'stdio' || url !== '', {
    path: ['url'],
    message: 'must be given',
  })
export type TypedServer = z.output<typeof TypedServer>

const waitSeconds = 30

/** The form before anything is typed. */
export const emptyServer: TypedServer = {
  name: '',
  description: '',
  transport: 'stdio',
  command: '',
  args: [],
  env: [],
  cwd: '',
  permission: 'workspace',
  package: '',
  perAgent: false,
  url: '',
  headers: [],
  connectTimeoutSeconds: waitSeconds,
  readTimeoutSeconds: waitSeconds,
  enabled: true,
}

const pairsOf = (values: Readonly<Record<string, string>>): TypedPair[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }))
const recordOf = (pairs: readonly TypedPair[]): Record<string, string> =>
  Object.fromEntries(pairs.map(({ name, value }) => [name, value]))

/** The form of a server as it stands. */
export function typedOf(server: McpServer): TypedServer {
  const { name, transport, args, permission, perAgent, enabled } = server
  const { connectTimeoutSeconds, readTimeoutSeconds } = server
  return {
    ...{ name, transport, permission, perAgent, enabled },
    ...{ connectTimeoutSeconds, readTimeoutSeconds },
    args: [...args],
    description: server.description ?? '',
    command: server.command ?? '',
    cwd: server.cwd ?? '',
    package: server.package ?? '',
    url: server.url ?? '',
    env: pairsOf(server.env),
    headers: pairsOf(server.headers),
  }
}

type Settings = Omit<Input<'createMcpServer'>, 'name' | 'transport' | 'enabled'>

/** All that is typed, as the vault takes it; what is empty is null, so that it can be taken away. */
function settingsOf(typed: TypedServer): Settings {
  const { args, permission, perAgent, connectTimeoutSeconds, readTimeoutSeconds } = typed
  const orNull = (text: string) => (text === '' ? null : text)
  return {
    description: orNull(typed.description),
    command: orNull(typed.command),
    ...{ args: [...args], permission, perAgent, connectTimeoutSeconds, readTimeoutSeconds },
    env: recordOf(typed.env),
    cwd: orNull(typed.cwd),
    url: orNull(typed.url),
    headers: recordOf(typed.headers),
    package: orNull(typed.package),
  }
}

/** A new server as it was typed. */
export const toCreate = (typed: TypedServer): Input<'createMcpServer'> => ({
  ...settingsOf(typed),
  name: typed.name,
  transport: typed.transport,
  enabled: typed.enabled,
})

/** What was typed that is not as the server stands. */
export function toChanges(server: McpServer, typed: TypedServer): Input<'updateMcpServer'> {
  const before: Record<string, unknown> = { ...toCreate(typedOf(server)) }
  const changed = Object.entries(toCreate(typed)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  )
  return { serverId: server.id, ...Object.fromEntries(changed) }
}

/** What a try of the form takes; of a server that there is, only what differs. */
export function toDraft(
  typed: TypedServer,
  server: McpServer | undefined,
): Input<'testMcpServerDraft'> {
  return server === undefined ? toCreate(typed) : toChanges(server, typed)
}

/** Whether a value is one that the vault keeps and does not show. */
export const isKept = (value: string): boolean => value === maskedValue
