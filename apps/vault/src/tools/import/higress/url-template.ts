import { quoteName } from '../refuse-document.ts'
import { partsOfTemplate, type TemplatePart } from '../yaml-tools/template-parts.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'

/** A URL template in its pieces. What arguments yield stands in the path and in the query alone. */
export interface UrlTemplate {
  /** Empty for a URL without one. */
  readonly origin: string
  readonly path: readonly TemplatePart[]
  readonly query: readonly UrlQueryItem[]
  /** It had a fragment, which is never sent. */
  readonly hadFragment: boolean
}

export interface UrlQueryItem {
  /** Decoded. */
  readonly name: string
  /** Literal text is percent-encoded. */
  readonly value: readonly TemplatePart[]
  /** Before and after the value where the item goes only under a condition: `{{if .args.q}}` and `{{end}}`. */
  readonly condition?: readonly [string, string] | undefined
  /** The item stands once for each element of this argument. */
  readonly each?: string | undefined
}

/**
 * Cuts a URL template into origin, path and query.
 * @throws ToolRefused where something that is not fixed would reach scheme, host or port, or change what the URL is made of
 */
export function splitUrlTemplate(url: string): UrlTemplate {
  const parts = partsOfTemplate(url, 'the URL').flatMap(spreadCondition)
  const { origin, rest } = takeOrigin(parts)
  const { before: target, after: fragment } = cutAt(rest, '#')
  const { before: path, after: query } = cutAt(target, '?')
  for (const part of path) checkBlock(part)
  return {
    origin,
    path: path.map((part) => ('text' in part ? { text: escapeText(part.text, pathText) } : part)),
    query: query === undefined ? [] : splitQuery(query),
    hadFragment: fragment !== undefined,
  }
}

type Part = TemplatePart & {
  readonly condition?: readonly [string, string] | undefined
  readonly each?: { readonly name: string; readonly argument: string } | undefined
}

/** `{{range .args.tags}}&tags={{.}}{{end}}` */
const eachElement =
  /^\{\{-?\s*range\s+\.args\.([\p{L}\p{N}_]+)\s*-?\}\}&([^={}&#]+)=\{\{\s*\.\s*\}\}\{\{-?\s*end\s*-?\}\}$/u

/** `{{if .args.q}}&q={{.args.q}}{{end}}` goes on as its parts, each under the condition. */
function spreadCondition(part: TemplatePart): Part[] {
  if ('text' in part) return [part]
  const [, argument, name] = eachElement.exec(part.source) ?? []
  if (argument !== undefined && name !== undefined) return [{ ...part, each: { name, argument } }]
  if (part.block !== 'if') return [part]
  const inner =
    /^(\{\{-?\s*if\b(?:"(?:[^"\\]|\\.)*"|[^"}])*\}\})([\s\S]*)(\{\{-?\s*end\s*-?\}\})$/.exec(
      part.source,
    )
  const [, opens = '', body = '', closes = ''] = inner ?? []
  if (!/^\s*[?&]/.test(body)) return [part]
  if (/\{\{-?\s*else\b/.test(body)) {
    refuseTool('The template of the URL has parameters in both branches of an if.')
  }
  return partsOfTemplate(body.trim(), 'the URL').map((one) => ({
    ...one,
    condition: [opens, closes],
  }))
}

/** Inside of a path, a block must not hold what would make another URL of it. */
function checkBlock(part: TemplatePart): void {
  if ('text' in part || part.block === undefined) return
  const literal = part.source.replaceAll(/\{\{[\s\S]*?\}\}/g, '')
  if (/[/?#]/.test(literal))
    refuseTool('The template of the URL decides how many segments or parameters it has.')
}

function takeOrigin(parts: readonly Part[]): { origin: string; rest: readonly Part[] } {
  const [first, ...others] = parts
  if (first === undefined) return refuseTool('It has no URL.')
  if (!('text' in first)) {
    return refuseTool(
      `Its URL begins with ${quoteName(first.source)}: no argument reaches scheme, host or port.`,
    )
  }
  if (first.text.startsWith('/') && !first.text.startsWith('//')) return { origin: '', rest: parts }
  const [whole, scheme = '', authority = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(first.text) ?? []
  if (whole === undefined) return refuseTool('Its URL is not absolute: https://api.example.com/…')
  const rest = first.text.slice(whole.length)
  if (rest === '' && others.length > 0) {
    refuseTool(
      'Something that is not fixed stands in the host of its URL: no argument reaches scheme, host or port.',
    )
  }
  const origin = originOf(scheme, authority)
  return { origin, rest: [...(rest === '' ? [] : [{ text: rest }]), ...others] }
}

function originOf(scheme: string, authority: string): string {
  const text = `${scheme.toLowerCase()}://${authority}`
  if (!/^https?$/i.test(scheme))
    refuseTool(`Its URL is neither https nor http, but ${quoteName(scheme)}.`)
  if (authority.includes('@')) refuseTool('Its URL holds a user name or a password.')
  if (!/^[\x21-\x7e]+$/.test(authority) || !URL.canParse(text))
    refuseTool('The host of its URL is none.')
  return new URL(text).origin
}

function cutAt(
  parts: readonly Part[],
  sign: string,
): { before: readonly Part[]; after: readonly Part[] | undefined } {
  for (const [at, part] of parts.entries()) {
    const index = 'text' in part ? part.text.indexOf(sign) : -1
    if (!('text' in part) || index === -1) continue
    return {
      before: [...parts.slice(0, at), ...textPart(part, part.text.slice(0, index))],
      after: [...textPart(part, part.text.slice(index + 1)), ...parts.slice(at + 1)],
    }
  }
  return { before: parts, after: undefined }
}

const textPart = (part: Part & { text: string }, text: string): Part[] =>
  text === '' ? [] : [{ ...part, text }]

function splitQuery(parts: readonly Part[]): UrlQueryItem[] {
  const items: Part[][] = [[]]
  for (const part of parts) {
    if (!('text' in part)) {
      if (part.each === undefined) items.at(-1)?.push(part)
      else items.push([part], [])
      continue
    }
    for (const [at, text] of part.text.split(/[&?]/).entries()) {
      if (at > 0) items.push([])
      items.at(-1)?.push(...textPart(part, text))
    }
  }
  return items.filter((item) => item.length > 0).map(readItem)
}

function readItem(parts: readonly Part[]): UrlQueryItem {
  const [first, ...others] = parts
  if (first?.each !== undefined && others.length === 0) {
    return { name: decode(first.each.name), value: [], each: first.each.argument }
  }
  if (first === undefined || !('text' in first)) {
    return refuseTool('The name of a parameter in its URL is not fixed.')
  }
  const equals = first.text.indexOf('=')
  if (equals === -1 && others.length > 0)
    refuseTool('The name of a parameter in its URL is not fixed.')
  const name = equals === -1 ? first.text : first.text.slice(0, equals)
  const value = equals === -1 ? '' : first.text.slice(equals + 1)
  const all = [...textPart(first, value), ...others]
  for (const part of all) checkQueryBlock(part)
  return {
    name: decode(name),
    value: all.map((part) => ('text' in part ? { text: escapeText(part.text, queryText) } : part)),
    condition: first.condition,
  }
}

function checkQueryBlock(part: TemplatePart): void {
  if ('text' in part || part.block === undefined) return
  const literal = part.source.replaceAll(/\{\{[\s\S]*?\}\}/g, '')
  if (/[&#]/.test(literal))
    refuseTool('The template of the URL decides how many parameters it has.')
}

/** What a query's literal text means. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown
    return refuseTool('Its URL holds a percent sign that escapes nothing.')
  }
}

/** Everything but what a path, or a value of a query, may hold as it is; escapes are looked at whole. */
const pathText = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu
const queryText = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$()*,;:@/?+=]/gu

/** Literal text as it goes out: what is escaped stays so, and what has to be is. */
const escapeText = (text: string, unsafe: RegExp): string =>
  text.replace(unsafe, (piece) => (piece.length === 3 ? piece : encodeURIComponent(piece)))
