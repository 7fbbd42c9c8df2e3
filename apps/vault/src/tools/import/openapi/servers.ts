import { Problem } from '@sallyport/contracts'
import { parseCanonicalUrl } from '../../../execute/canonical-url.ts'
import type { ImportedToolset, ImportInput } from '../imported-toolset.ts'
import { type Data, type DataObject, isList, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { refuseOperation } from './operation-refused.ts'
import { escapePathText } from './path-text.ts'
import { cutText } from './schema/schema-annotations.ts'

/** Where operations go: the origin, and what stands before each path. Without an origin where the document names no host. */
export interface Base {
  readonly origin: string
  /** Begins with `/` or is empty; never ends in `/`. */
  readonly path: string
}

export interface ChosenServers {
  readonly base: Base
  readonly servers: ImportedToolset['servers']
  readonly notes: readonly string[]
  /** The base of a path or operation that has servers of its own. @throws OperationRefused for one that cannot be used */
  readonly baseOf: (own: Data | undefined) => Base
}

const serversMax = 100
const variablesMax = 50

type Server = ImportedToolset['servers'][number]

/**
 * Reads the document's servers and picks the one that was chosen, or the first.
 * @throws Problem `invalid-input` for a server or a variable that cannot be used
 */
export function chooseServers(
  root: DataObject,
  input: ImportInput,
  own: readonly (Data | undefined)[],
): ChosenServers {
  const servers = readServers(root.servers)
  const notes: string[] = []
  const { variables = {} } = input
  const others = own.flatMap((one) => readServers(one).slice(0, 1))
  checkNames(variables, [...servers, ...others])
  const base = chooseBase(servers, input, notes)
  const known = new Map<string, Base | string>()
  return {
    base,
    servers,
    notes,
    baseOf(list) {
      const [first] = readServers(list)
      if (first === undefined) return base
      const found = known.get(first.url) ?? readBase(fillIn(first, variables), base)
      if (typeof found !== 'string' && !known.has(first.url)) {
        if (input.server !== undefined && found.origin !== base.origin) {
          notes.push(
            `Some operations have a server of their own and go to ${found.origin} all the same.`,
          )
        }
      }
      known.set(first.url, found)
      if (typeof found !== 'string') return found
      return refuseOperation(
        `It has a server of its own, ${quoteName(first.url)}, that cannot be used. ${found}`,
      )
    },
  }
}

/** @throws Problem `invalid-input` for a variable that no server has */
function checkNames(given: Readonly<Record<string, string>>, servers: readonly Server[]): void {
  const names = new Set(servers.flatMap(({ variables }) => variables.map(({ name }) => name)))
  for (const name of Object.keys(given))
    if (!names.has(name)) refuseVariable(name, 'is none of the document’s')
}

function refuseVariable(name: string, message: string): never {
  throw new Problem('invalid-input', `The server’s variable ${quoteName(name)} ${message}.`, {
    next: 'Correct the variable and try again.',
    fields: [{ field: `variables.${name}`, message }],
  })
}

function chooseBase(
  servers: readonly Server[],
  { server, variables = {} }: ImportInput,
  notes: string[],
): Base {
  const nowhere = { origin: '', path: '' }
  if (server !== undefined) {
    const named = servers.find(({ url }) => url === server)
    const own = firstUsable(servers, variables)
    const given = readBase(named === undefined ? server : fillIn(named, variables), own ?? nowhere)
    const found = named === undefined ? below(given, servers, variables) : given
    if (typeof found === 'string' || found.origin === '') {
      const message = typeof found === 'string' ? found : 'It has no host.'
      throw new Problem('invalid-input', `The server cannot be used: ${message}`, {
        next: 'Give an absolute URL: https://api.example.com/v1',
        fields: [{ field: 'server', message }],
      })
    }
    checkVariables(named, variables)
    return found
  }
  const [first] = servers
  checkVariables(first, variables)
  refuseUnfit(first, variables)
  const usable = firstUsable(servers, variables)
  if (usable !== undefined) return usable
  notes.push('The document names no server with a host: give the server that it is for.')
  const relative = first === undefined ? nowhere : readBase(fillIn(first, variables), nowhere)
  return typeof relative === 'string' ? nowhere : relative
}

/** @throws Problem `invalid-input` where what was given for the variables makes no URL */
function refuseUnfit(
  server: Server | undefined,
  variables: Readonly<Record<string, string>>,
): void {
  const name = server?.variables.find((one) => Object.hasOwn(variables, one.name))?.name
  if (server === undefined || name === undefined) return
  const found = readBase(fillIn(server, variables), { origin: '', path: '' })
  if (typeof found === 'string') refuseVariable(name, `makes no server: ${found}`)
}

/**
 * A host alone, given to a document that says a path alone (`/api/v3`): the one goes before the other. A path that was given is
 * the whole one.
 */
function below(
  given: Base | string,
  servers: readonly Server[],
  variables: Readonly<Record<string, string>>,
): Base | string {
  const [first] = servers
  if (typeof given === 'string' || given.path !== '' || first === undefined) return given
  const url = fillIn(first, variables)
  return /^\/(?!\/)/.test(url) ? readBase(url, given) : given
}

/** The first that can be used; where it stands there with encryption, too, so. */
function firstUsable(
  servers: readonly Server[],
  variables: Readonly<Record<string, string>>,
): Base | undefined {
  const usable = servers.flatMap((server) => {
    const base = readBase(fillIn(server, variables), { origin: '', path: '' })
    return typeof base === 'string' || base.origin === '' ? [] : [base]
  })
  const [first] = usable
  const encrypted = first?.origin.replace(/^http:/, 'https:')
  return usable.find(({ origin, path }) => origin === encrypted && path === first?.path) ?? first
}

function readServers(value: Data | undefined): readonly Server[] {
  if (!isList(value)) return []
  return value.slice(0, serversMax).flatMap((server) => {
    if (!isObject(server) || typeof server.url !== 'string') return []
    const { url, description, variables } = server
    const named = isObject(variables) ? Object.entries(variables).slice(0, variablesMax) : []
    return {
      url: cutText(url, 2000),
      ...(typeof description === 'string' && { description: cutText(description, 500) }),
      variables: named.flatMap(([name, variable]) => readVariable(name, variable)),
    }
  })
}

function readVariable(name: string, variable: Data | undefined): Server['variables'] {
  if (!isObject(variable)) return []
  const { description } = variable
  const values = isList(variable.enum) ? variable.enum.filter(isScalar).map(String) : []
  const fallback = isScalar(variable.default) ? String(variable.default) : (values[0] ?? '')
  return [
    {
      name,
      default: fallback,
      ...(values.length > 0 && { values: values.slice(0, 200) }),
      ...(typeof description === 'string' && { description: cutText(description, 500) }),
    },
  ]
}

const isScalar = (value: Data | undefined): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

function fillIn({ url, variables }: Server, given: Readonly<Record<string, string>>): string {
  let filled = url
  for (const variable of variables) {
    const value = Object.hasOwn(given, variable.name) ? given[variable.name] : variable.default
    filled = filled.replaceAll(`{${variable.name}}`, value ?? '')
  }
  return filled
}

/** @throws Problem `invalid-input` for a value that a variable does not take */
function checkVariables(server: Server | undefined, given: Readonly<Record<string, string>>): void {
  for (const { name, values } of server?.variables ?? []) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || values === undefined || values.includes(value)) continue
    refuseVariable(name, `must be one of ${values.slice(0, 20).join(', ')}`)
  }
}

/** The origin and the path of a server’s URL; a sentence where it cannot be one. A path alone is put upon `beside`. */
function readBase(url: string, beside: Base): Base | string {
  const left = /\{([^{}]*)\}/.exec(url)
  if (left !== null) return `It needs a value for ${quoteName(left[0])}.`
  if (/[?#]/.test(url)) return 'It holds a query or a fragment.'
  const whole = /^https?:\/\//i.exec(url)
  if (whole === null) {
    if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url) && !/^[^/]*:\d+(?:\/|$)/.test(url)) {
      return 'It is neither https nor http.'
    }
    if (url.startsWith('//')) return readBase(`https:${url}`, beside)
    return withPath(beside.origin, url.startsWith('/') || url === '' ? url : `/${url}`)
  }
  if (!URL.canParse(url)) return 'It is no URL.'
  const { origin, username, password, protocol } = new URL(url)
  if (username !== '' || password !== '') return 'It holds a user name or a password.'
  const pathStart = url.slice(protocol.length + 2).search(/\//)
  return withPath(origin, pathStart < 0 ? '' : url.slice(protocol.length + 2 + pathStart))
}

function withPath(origin: string, path: string): Base | string {
  const escaped = escapePathText(path.replace(/\/+$/, ''))
  if (escaped === undefined) return 'Its path holds a stray percent sign.'
  try {
    parseCanonicalUrl(`${origin === '' ? 'https://host.invalid' : origin}${escaped}/x`, {
      schemes: ['https', 'http'],
      allowEncodedSlash: true,
      placeholder: undefined,
    })
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.detail
    throw thrown
  }
  return { origin, path: escaped === '/' ? '' : escaped }
}
