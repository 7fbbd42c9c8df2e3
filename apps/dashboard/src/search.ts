// What the address of a page may say after the question mark. What makes no sense is left out and never an error.

type Search = Readonly<Record<string, unknown>>

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' && value.length <= 300 ? value : undefined
}

/**
 * Those of the named members that hold text. The others are there and undefined: what is only left out the router would take
 * from the address, unchecked.
 */
function texts<const Name extends string>(
  given: Search,
  names: readonly Name[],
): { [Key in Name]?: string } {
  return Object.fromEntries(names.map((name) => [name, text(given[name])])) as {
    [Key in Name]?: string
  }
}

/** Stands for the vault while an address is read; what leads away from it leads away from the vault. */
const anyOrigin = 'https://vault.invalid'

/** `next`: where to go afterwards, a path of this vault. */
export function signIn(given: Search): { next?: string | undefined } {
  // Said to be absent, and not only left out: the router would put back what the address says.
  return { next: ownPath(text(given.next)) }
}

/** What is a path of this vault, as it is; undefined for everything else. */
export function ownPath(next: string | undefined): string | undefined {
  if (next === undefined || !/^\/[\x21-\x7e]*$/.test(next)) return undefined
  if (!URL.canParse(next, anyOrigin)) return undefined
  const { origin, pathname, search, hash } = new URL(next, anyOrigin)
  const isOwn = origin === anyOrigin && !pathname.startsWith('//')
  return isOwn ? `${pathname}${search}${hash}` : undefined
}

/**
 * `add` or `service`: a connection is being added, to that service; `actions`: what is wanted of it, ids of the catalog with
 * commas; `return`: where to go afterwards, a path of this vault.
 */
export const connections = (
  given: Search,
): {
  add?: string | undefined
  service?: string | undefined
  actions?: string | undefined
  return?: string | undefined
} => ({
  ...texts(given, ['add', 'service', 'actions']),
  return: ownPath(text(given.return)),
})
export const approvals = (given: Search) => texts(given, ['status', 'agentId', 'connectionId'])
export const policies = (given: Search) => texts(given, ['agentId', 'connectionId'])
export const capabilityRequests = (given: Search) => texts(given, ['status'])
/** `allow`: a denied attempt, an audit entry's id, that the draft is to begin with allowing. */
export const policy = (given: Search) => texts(given, ['agentId', 'connectionId', 'allow'])
/** `connectionId`: one that was made for it meanwhile. */
export const capabilityRequest = (given: Search) => texts(given, ['connectionId'])
/** `add`: an app is being added, for that provider or for `any`. */
export const oauthApps = (given: Search) => texts(given, ['add'])
/** `add`: a stream is being added, of that kind. */
export const auditStreams = (given: Search) => texts(given, ['add'])
/** `add`: a channel is being added, of that kind or of `any`; the rest is of the log. */
export const notifications = (given: Search) => texts(given, ['add', 'channelId', 'status'])
/** `status`: `all`, or `acknowledged`; those that are open otherwise. */
export const alerts = (given: Search) => texts(given, ['status', 'kind', 'agentId'])
export const audit = (given: Search) =>
  texts(given, [
    'agentId',
    'connectionId',
    'tool',
    'decision',
    'outcome',
    'operation',
    'from',
    'to',
    'entry',
    'live',
  ])
/** `name`: part of one. */
export const toolsets = (given: Search) => texts(given, ['name'])
/** `from`: document, catalog or assemble; `toolsetId`: a newer document for that one. */
export const newToolset = (given: Search) =>
  texts(given, ['from', 'toolsetId', 'template', 'connectionId'])
export const toolset = (given: Search) => texts(given, ['tab', 'search', 'agentId'])
/** `agentId`: the one whose policy is asked when the tool is tried. */
export const tool = (given: Search) => texts(given, ['agentId'])
/** `from`: form or paste. */
export const newServer = (given: Search) => texts(given, ['from'])
/** `name`: part of one. */
export const databases = (given: Search) => texts(given, ['name'])
/** `from`: form or document. */
export const newDatabase = (given: Search) => texts(given, ['from'])
/** `name`: the statement that is edited; a new one where there is none. */
export const statement = (given: Search) => texts(given, ['name'])
export const activity = (given: Search) => texts(given, ['agentId', 'connectionId', 'range'])
export const welcome = (given: Search) => texts(given, ['step', 'connectionId', 'agentId'])
