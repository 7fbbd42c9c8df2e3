import {
  type CookieItem,
  type HeaderItem,
  type HttpMethod,
  type HttpToolDefinition,
  httpMethods,
  type PathPiece,
} from '@sallyport/contracts'
import { isForbiddenRequestHeader } from '../../../execute/request-headers.ts'
import { nameOfOperation } from '../tool-names.ts'
import { buildBody } from './build-body.ts'
import { buildQuery } from './build-query.ts'
import {
  type FoundPart,
  partOfCookie,
  partOfCookies,
  partsOfOptions,
  sortHeaders,
} from './find-credential.ts'
import { hasKnownPrefix, isMereWord, isSecret } from './known-secrets.ts'
import { type CurlRequest, refuseCommand } from './read-request.ts'
import { argumentIn, type CurlUrl, readUrl } from './read-url.ts'
import { createToolArguments, type ToolArguments } from './tool-arguments.ts'
import { argumentOf, isOpen, piecesOf } from './variable-marks.ts'

/** What one command makes. */
export interface BuiltTool {
  readonly definition: HttpToolDefinition
  readonly parts: readonly FoundPart[]
  /** Keys in places where no credential can go: they are left out of the tool. */
  readonly strays: readonly { readonly where: string; readonly value: string }[]
  readonly changes: readonly string[]
  readonly notes: readonly string[]
}

/** @throws CommandRefused */
export function buildTool(
  request: CurlRequest,
  {
    server,
    comment,
  }: { readonly server?: string | undefined; readonly comment?: string | undefined },
): BuiltTool {
  const url = readUrl(request.url, { server, isPlain: request.isPlainUrl })
  const args = createToolArguments()
  const strays: { where: string; value: string }[] = []
  const onSecret = (where: string, value: string) => {
    if (!isMereWord(value)) strays.push({ where, value })
  }
  const path = buildPath(url, args)
  const { query, parts: inQuery } = buildQuery([...url.query, ...request.query], args)
  const sorted = sortHeaders(request)
  const { headers, left } = buildHeaders(sorted.plain, args, request.isJson)
  const { cookies, parts: inCookies } = buildCookies(sorted.cookies)
  const declared = sorted.plain.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  const { body, changes } = buildBody(request, declared, { args, onSecret })
  const method = methodOf(request)
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    refuseCommand(`it sends a body with ${method}, and the vault sends none`)
  }
  const parts = [
    ...sorted.parts,
    ...partsOfOptions(request, url.user),
    ...url.parts,
    ...inQuery,
    ...inCookies,
  ]
  const shownPath = path.map((piece) => pieceName(piece)).join('')
  const secrets = [...parts, ...strays].flatMap(({ value = '' }) => (value === '' ? [] : [value]))
  const isTelling = (text: string) =>
    hasKnownPrefix(text) || secrets.some((secret) => text.includes(secret))
  const described = comment === undefined || isTelling(comment) ? undefined : comment
  const definition: HttpToolDefinition = {
    name: nameOfOperation(method, decodePath(shownPath)),
    description: (described ?? `${method} ${url.origin}${shownPath}`).slice(0, 2000),
    inputSchema: args.schema(),
    annotations: annotationsOf(method),
    key: `${method} ${shownPath}`.slice(0, 400),
    binding: {
      ...{ kind: 'http', method, origin: url.origin, path, query, headers, cookies },
      ...(body !== undefined && { body }),
      credential: parts.length === 0 ? 'none' : 'connection',
    },
  }
  return {
    ...{ definition, parts, strays },
    changes: [
      ...changes,
      ...(left.length === 0
        ? []
        : [`Not sent, since the vault writes them itself or no tool may: ${left.join(', ')}.`]),
    ],
    notes: [...url.notes, ...request.notes],
  }
}

/** For names alone: `Table%201` is called Table_1. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** `-X` before all, else what curl makes of the other options. */
function methodOf({ method, isHead, data, form, isJson }: CurlRequest): HttpMethod {
  const implied = isHead ? 'HEAD' : data.length > 0 || form.length > 0 || isJson ? 'POST' : 'GET'
  const wanted = (method ?? implied).toUpperCase()
  const known = httpMethods.find((one) => one === wanted)
  if (known !== undefined) return known
  return refuseCommand(`its method ${wanted.slice(0, 20)} is none of ${httpMethods.join(', ')}`)
}

/** Hints, by what RFC 9110 §9.2 says of methods. */
const annotationsOf = (method: HttpMethod): HttpToolDefinition['annotations'] =>
  method === 'GET' || method === 'HEAD'
    ? { readOnlyHint: true, openWorldHint: true }
    : {
        ...{ readOnlyHint: false, destructiveHint: true, openWorldHint: true },
        idempotentHint: method === 'PUT' || method === 'DELETE',
      }

function buildPath({ path }: CurlUrl, args: ToolArguments): PathPiece[] {
  return path.map((piece): PathPiece => {
    if ('text' in piece) return piece
    const argument = [args.add(piece.argument, 'path', { type: 'string' })]
    return { argument, style: 'simple', explode: false }
  })
}

const pieceName = (piece: PathPiece): string => {
  if ('text' in piece) return piece.text
  return 'argument' in piece ? `{${piece.argument.join('.')}}` : ''
}

/** What curl and browsers add of their own accord, and what the vault writes itself: nobody misses it. */
const ownHeaders =
  /^(?:host|content-length|content-type|accept-encoding|connection|te|sec-.*|priority|dnt)$/i

function buildHeaders(
  plain: readonly (readonly [string, string])[],
  args: ToolArguments,
  isJson: boolean,
) {
  const headers: HeaderItem[] = []
  const left: string[] = []
  const seen = new Set(['content-type'])
  for (const [name, value] of plain) {
    const lower = name.toLowerCase()
    if (seen.has(lower)) continue
    seen.add(lower)
    if (isForbiddenRequestHeader(name)) left.push(lower)
    else if (!ownHeaders.test(name)) headers.push(headerOf(name, value, args))
  }
  if (isJson && !seen.has('accept')) headers.push({ name: 'Accept', value: 'application/json' })
  return { headers, left: left.filter((name) => !ownHeaders.test(name)) }
}

function headerOf(name: string, value: string, args: ToolArguments): HeaderItem {
  const whole = argumentIn(value)
  if (whole !== undefined) {
    const argument = [args.add(whole, 'header', { type: 'string' })]
    return { name, argument, explode: false }
  }
  if (!isOpen(value)) return { name, value: value.slice(0, 8192) }
  return { name, template: templateOf(value, args) }
}

/** Text and arguments in turn, in the language of templates. */
function templateOf(value: string, args: ToolArguments): string {
  return piecesOf(value)
    .map((piece) => {
      if ('text' in piece) return piece.text.replaceAll('{{', '{{"{{"}}')
      const argument = args.add(argumentOf(piece.name), 'header', { type: 'string' })
      return `{{index .args ${JSON.stringify(argument)}}}`
    })
    .join('')
}

/** The most cookies that are kept one by one, beside other parts of the credential. */
const secretCookiesMax = 3

/** Sessions and tokens go apart; what is left, such as a language, stays. */
function buildCookies(texts: readonly string[]) {
  const pairs = texts
    .flatMap((text) => text.split(';'))
    .map((text) => /^\s*([^=]*?)\s*=([\s\S]*?)\s*$/.exec(text))
    .flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const]))
    .filter(([name]) => name !== '')
  if (pairs.some(([name]) => !isOpen(name) && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name))) {
    refuseCommand('a cookie of it has a name that no cookie can have')
  }
  if (texts.length > 0 && pairs.length === 0) {
    return { cookies: [], parts: [partOfCookies(texts.join('; '))] }
  }
  const isHidden = ([name, value]: readonly [string, string]) =>
    isOpen(value) ||
    pairs.length === 1 ||
    isSecret(name, value) ||
    /sess|sid|auth|token|jwt|remember|csrf|login/i.test(name) ||
    value.length >= 16
  const hidden = pairs.filter(isHidden).map(([name, value]) => partOfCookie(name, value))
  const isOdd = hidden.some(
    ({ value, part }) => value !== undefined && part === undefined && value.length >= 8,
  )
  if (hidden.length > secretCookiesMax || isOdd || pairs.some(([name]) => isOpen(name))) {
    return { cookies: [], parts: [partOfCookies(texts.join('; '))] }
  }
  const cookies = pairs
    .filter((pair) => !isHidden(pair))
    .map(([name, value]): CookieItem => ({ name, value }))
  return { cookies, parts: hidden }
}
