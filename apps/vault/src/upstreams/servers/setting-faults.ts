import { isAbsolute, normalize } from 'node:path'
import { findKeyInAddress, findKeyInArguments } from '@sallyport/catalog'
import type { FieldFault } from '@sallyport/contracts'
import {
  argumentBytes,
  argumentBytesMax,
  argumentsMax,
  environmentBytes,
  environmentBytesMax,
  isFixedPath,
  loadsCode,
  variablesMax,
} from '../kept/program-bounds.ts'
import type { ServerSettings, ServerValues } from '../kept/server-store.ts'

const headersMax = 100
const valueCharsMax = 16_384
const argCharsMax = 8_192

/** What the transports write themselves. */
const transportHeaders =
  /^(?:host|content-length|content-type|content-encoding|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding|last-event-id|mcp-.*|proxy-.*|sec-.*)$/i

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const envName = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/

/** All that is wrong with what a server is to be, by field; none where nothing is. */
export function faultsOfSettings(settings: ServerSettings, values: ServerValues): FieldFault[] {
  const { transport, command } = settings
  const isProgram = transport === 'stdio'
  return [
    ...(isProgram && command === null
      ? [{ field: 'command', message: 'must be given for stdio' }]
      : []),
    ...(isProgram ? faultsOfCwd(settings) : faultsOfUrl(settings.url)),
    ...faultsOfArgs(settings.args),
    ...faultsOfHeaders(values.headers),
    ...faultsOfEnv(values.env),
  ]
}

function faultsOfUrl(url: string | null): FieldFault[] {
  const wrong = (message: string) => [{ field: 'url', message }]
  if (url === null) return wrong('must be given for streamable_http and sse')
  if (!/^[\x21-\x7e]+$/.test(url) || !URL.canParse(url)) return wrong('must be an absolute URL')
  const { protocol, username, password } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return wrong('must be an https URL')
  if (username !== '' || password !== '') {
    return wrong('must not hold a user or a password: give them in headers, which are sealed')
  }
  if (url.includes('#')) return wrong('must not hold a fragment')
  if (/\$\{|%24%7b/i.test(url)) {
    return wrong(
      'must not refer to a variable: give what is secret in headers, where references are put in',
    )
  }
  const key = findKeyInAddress(url)
  if (key === undefined) return []
  const where = key.parameter === undefined ? '' : ` (?${key.parameter})`
  return wrong(
    `must not hold a key${where}, which would be kept readable: give it in headers, which are sealed`,
  )
}

function faultsOfCwd({ cwd, permission }: ServerSettings): FieldFault[] {
  if (cwd === null || permission === 'full') return []
  const leaves = isAbsolute(cwd) || normalize(cwd).split('/').includes('..')
  return leaves
    ? [{ field: 'cwd', message: 'must lie within the workspace, or permission must be full' }]
    : []
}

function faultsOfArgs(args: readonly string[]): FieldFault[] {
  const isUsable = (arg: string) => arg.length <= argCharsMax && !arg.includes('\0')
  if (args.length > argumentsMax || argumentBytes(args) > argumentBytesMax) {
    return [{ field: 'args', message: `must be at most ${argumentsMax}, of 64 KB in all` }]
  }
  const at = args.findIndex((arg) => !isUsable(arg))
  if (at >= 0) {
    const message = `must hold no NUL and at most ${argCharsMax} characters`
    return [{ field: `args.${at}`, message }]
  }
  const key = findKeyInArguments(args)
  if (key === undefined) return []
  const message =
    'must not hold a key, which would be kept readable: give it in env, which is sealed, and where variables are put in'
  return [{ field: `args.${key.index}`, message }]
}

function faultsOfHeaders(headers: Readonly<Record<string, string>>): FieldFault[] {
  const names = Object.keys(headers)
  const many = names.length > headersMax
  const twice = names.find(
    (name, at) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== at,
  )
  return [
    ...(many ? [{ field: 'headers', message: `must be at most ${headersMax}` }] : []),
    ...(twice === undefined ? [] : [{ field: `headers.${twice}`, message: 'is given twice' }]),
    ...Object.entries(headers).flatMap(([name, value]) => {
      const message = faultOfHeader(name, value)
      return message === undefined ? [] : [{ field: `headers.${name}`, message }]
    }),
  ]
}

function faultOfHeader(name: string, value: string): string | undefined {
  if (!headerName.test(name)) return 'must be a header name (RFC 9110)'
  if (transportHeaders.test(name)) return 'is written by the vault itself: leave it out'
  if (!/^[\x20-\x7e]*$/.test(value)) return 'must be printable ASCII'
  return value.length > valueCharsMax ? `must have at most ${valueCharsMax} characters` : undefined
}

function faultsOfEnv(env: Readonly<Record<string, string>>): FieldFault[] {
  const many = Object.keys(env).length > variablesMax || environmentBytes(env) > environmentBytesMax
  return [
    ...(many
      ? [{ field: 'env', message: `must be at most ${variablesMax}, of 64 KB in all` }]
      : []),
    ...Object.entries(env).flatMap(([name, value]) => {
      const message = faultOfVariable(name, value)
      return message === undefined ? [] : [{ field: `env.${name}`, message }]
    }),
  ]
}

function faultOfVariable(name: string, value: string): string | undefined {
  if (!envName.test(name)) return 'must be letters, digits and _, and begin with no digit'
  if (loadsCode.test(name)) {
    return 'makes programs load code that the operator has not allowed: leave it out'
  }
  if (name === 'PATH' && !value.includes('$') && !isFixedPath(value)) {
    return 'must hold absolute directories alone'
  }
  if (value.includes('\0')) return 'must not hold NUL'
  return value.length > valueCharsMax ? `must have at most ${valueCharsMax} characters` : undefined
}
