import type { HttpBinding } from '@sallyport/contracts'
import { isPlaceholder, isSecret } from '../curl/known-secrets.ts'
import { quoteName } from '../refuse-document.ts'
import { literalOf, yieldOf } from '../yaml-tools/template-parts.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import { argumentItem, isScalar } from './argument-items.ts'
import { soundsSecret } from './config-values.ts'
import { keyPart } from './credential-parts.ts'
import {
  type FilledPart,
  fillPart,
  fillTemplate,
  type ItemOf,
  isText,
  joinTemplate,
  refuseSecret,
  secretText,
  type ToolContext,
  textOfParts,
} from './tool-context.ts'
import { decode, splitUrlTemplate, type UrlQueryItem } from './url-template.ts'

type PathPiece = HttpBinding['path'][number]

export interface BuiltUrl {
  /** Empty where the document names no host. */
  readonly origin: string
  readonly path: PathPiece[]
  readonly query: ItemOf<'query'>[]
}

/**
 * Origin, path and query of a URL template.
 * @throws ToolRefused where something that is not fixed would reach scheme, host or port, or the shape of the URL
 */
export function buildUrl(url: string, context: ToolContext): BuiltUrl {
  const template = splitUrlTemplate(withConstants(withPlaceholders(url, context), context))
  if (template.hadFragment)
    context.changes.add('The fragment of its URL is left out: it is never sent.')
  return {
    origin: template.origin,
    path: buildPath(
      template.path.map((part) => ('text' in part ? part : fillPart(part, 'the URL', context))),
      context,
    ),
    query: template.query.flatMap((item) => buildQueryItem(item, context)),
  }
}

/** `{petId}` of an argument with the position path, as a yield. */
function withPlaceholders(url: string, { args, changes }: ToolContext): string {
  return url.replace(/(?<!\{)\{([^{}]{1,200})\}(?!\})/g, (all, name: string) => {
    const argument = args.get(name)
    if (argument === undefined) return refuseTool(`Its URL has ${all}, which no argument fills.`)
    if (argument.position !== 'path')
      changes.add(`The argument ${quoteName(name)} goes into the path.`)
    return yieldOf(['args', name])
  })
}

/** Constants may hold the host, or whole beginnings of the URL: they are filled in before it is cut. */
function withConstants(url: string, context: ToolContext): string {
  return fillTemplate(url, 'the URL', context)
    .map((part) => {
      if ('text' in part) return literalOf(part.text)
      return 'secret' in part ? yieldOf(['config', ...part.secret.path.split('.')]) : part.source
    })
    .join('')
}

function buildPath(parts: readonly FilledPart[], context: ToolContext): PathPiece[] {
  const pieces = parts.map((part) => buildPathPiece(part, context))
  const [first] = pieces
  const rooted = first !== undefined && 'text' in first ? pieces : [{ text: '/' }, ...pieces]
  const joined = joinTexts(rooted)
  checkSegments(joined)
  return joined
}

function buildPathPiece(part: FilledPart, context: ToolContext): PathPiece {
  if (isText(part)) return part
  if ('secrets' in part) return refuseSecret(part.secrets, 'the path, in an expression', context)
  if ('secret' in part) {
    const placeholder = part.secret.path.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(-64)
    const where = context.nameOf(part.secret.path)
    context.parts.push(keyPart('path', { placeholder }, { where, secret: secretText(part.secret) }))
    return { text: `{${placeholder}}` }
  }
  const argument = scalarArgument(part, context)
  if (argument === undefined) return { template: part.source }
  return { argument: [argument], style: 'simple', explode: false }
}

/** The name of an argument that a part yields as it is, where that is one value. */
function scalarArgument(part: FilledPart, { args }: ToolContext): string | undefined {
  if (!('path' in part) || part.path?.[0] !== 'args' || part.path.length !== 2) return undefined
  const argument = args.get(part.path[1] ?? '')
  return argument !== undefined && isScalar(argument) ? argument.name : undefined
}

function joinTexts(pieces: readonly PathPiece[]): PathPiece[] {
  const joined: PathPiece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if ('text' in piece && last !== undefined && 'text' in last) {
      joined.splice(-1, 1, { text: last.text + piece.text })
    } else joined.push(piece)
  }
  return joined
}

/** S-11: a path that the vault would refuse at every call is refused now. */
function checkSegments(pieces: readonly PathPiece[]): void {
  const shown = pieces.map((piece) => ('text' in piece ? piece.text : '*')).join('')
  if (shown.includes('//')) refuseTool('Its path has an empty segment (//).')
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(shown)) refuseTool('Its path has a dot segment.')
  if (/%(?:25|5c|00)|\\/i.test(shown))
    refuseTool('Its path has an escape that the vault does not send.')
}

function buildQueryItem(item: UrlQueryItem, context: ToolContext): ItemOf<'query'>[] {
  const { name } = item
  const what = `the parameter ${quoteName(name)} of the query`
  if (name === '') return []
  if (item.each !== undefined) return [eachItem(name, item.each, context)]
  const parts = item.value.map((part) =>
    'text' in part ? part : fillPart(part, 'the URL', context),
  )
  const [first, second] = parts
  if (first !== undefined && 'secret' in first && second === undefined) {
    const where = context.nameOf(first.secret.path)
    context.parts.push(keyPart('query', { name }, { where, secret: secretText(first.secret) }))
    return []
  }
  const constant = textOfParts(parts)
  if (constant !== undefined && item.condition === undefined)
    return constantItem(name, constant, context)
  const argument =
    second === undefined && first !== undefined ? scalarArgument(first, context) : undefined
  const known = argument === undefined ? undefined : context.args.get(argument)
  const always = known !== undefined && (known.required || known.schema.default !== undefined)
  // One that can be absent is sent empty, as Higress does.
  if (known !== undefined && always && item.condition === undefined)
    return [{ name, ...argumentItem(known), style: 'form' }]
  const template = joinTemplate(parts, what, context)
  if (item.condition === undefined) return [{ name, template }]
  const [opens, closes] = item.condition
  fillTemplate(`${opens}${closes}`, 'the URL', context)
  return [{ name, template: `${opens}${template}${closes}`, optional: true }]
}

function constantItem(name: string, text: string, context: ToolContext): ItemOf<'query'>[] {
  const value = decode(text)
  const isKey =
    isSecret(name, value) || (soundsSecret(name) && isPlaceholder(value) && value !== '')
  if (!isKey) return [{ name, value }]
  context.parts.push(
    keyPart(
      'query',
      { name },
      { where: `${context.tool.name}: the query of its URL`, secret: value },
    ),
  )
  return []
}

function eachItem(name: string, argument: string, { args, used }: ToolContext): ItemOf<'query'> {
  if (!args.has(argument))
    refuseTool(`Its URL goes over ${quoteName(argument)}, which is no argument.`)
  used.add(argument)
  return { name, argument: [argument], style: 'form', explode: true }
}
