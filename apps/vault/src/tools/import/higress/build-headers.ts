import { headerName } from '@sallyport/contracts'
import { faultOfCredentialHeader } from '../../../connections/header-rules.ts'
import { isForbiddenRequestHeader } from '../../../execute/request-headers.ts'
import { isPlaceholder, isSecret, isSecretName } from '../curl/known-secrets.ts'
import { isList } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import { argumentItem, isScalar } from './argument-items.ts'
import { soundsSecret } from './config-values.ts'
import { headerPart, keyPart } from './credential-parts.ts'
import type { HigressArgument } from './higress-types.ts'
import {
  base64,
  basicOf,
  type FilledPart,
  fillTemplate,
  type ItemOf,
  isText,
  joinTemplate,
  secretText,
  type ToolContext,
  textOfParts,
} from './tool-context.ts'

export interface BuiltHeaders {
  readonly headers: ItemOf<'headers'>[]
  readonly cookies: ItemOf<'cookies'>[]
  /** A constant content type, of the body. */
  readonly contentType?: string | undefined
}

/**
 * The headers of a request template; those in which a secret goes become places for the credential.
 * @throws ToolRefused where a secret stands in a way that the vault cannot put one
 */
export function buildHeaders(context: ToolContext): BuiltHeaders {
  const { tool, changes } = context
  const headers: ItemOf<'headers'>[] = []
  const cookies: ItemOf<'cookies'>[] = []
  let contentType: string | undefined
  for (const { key, value } of tool.request?.headers ?? []) {
    const name = checkHeaderName(key)
    const what = `the header ${name}`
    const parts = fillTemplate(value, what, context)
    if (name.toLowerCase() === 'cookie') cookies.push(...buildCookies(parts, context))
    else if (isKeyHeader(name, parts)) context.parts.push(partOfHeader(name, parts, context))
    else if (isForbiddenRequestHeader(name)) {
      changes.add(`The header ${name} is left out: the vault writes it itself, or no tool may.`)
    } else if (name.toLowerCase() === 'content-type' && parts.every(isText)) {
      contentType = textOfParts(parts)
    } else headers.push(buildHeader(name, parts, context))
  }
  return { headers, cookies, contentType }
}

export function checkHeaderName(name: string): string {
  return headerName.safeParse(name).success
    ? name
    : refuseTool(`${quoteName(name)} is no name of a header.`)
}

/** By its name, by what a constant looks like, or because a secret of the document stands in it. */
function isKeyHeader(name: string, parts: readonly FilledPart[]): boolean {
  if (/^content-|^accept/i.test(name) || faultOfCredentialHeader(name) !== undefined) return false
  if (parts.some((part) => 'secret' in part || 'secrets' in part)) return true
  if (/^(?:proxy-)?authorization$/i.test(name)) return true
  const constant = textOfParts(parts)
  if (constant === undefined || constant === '') return false
  return (
    isSecret(name, constant) ||
    isSecretName(name) ||
    (soundsSecret(name) && isPlaceholder(constant))
  )
}

function partOfHeader(
  name: string,
  parts: readonly FilledPart[],
  { tool, config, nameOf }: ToolContext,
) {
  const constant = textOfParts(parts)
  const here = `${tool.name}: the header ${name}`
  if (constant !== undefined) return constantPart(name, constant, here)
  const [first, ...others] = parts
  const prefix = first !== undefined && isText(first) ? first.text : ''
  const [found, ...after] = first !== undefined && isText(first) ? others : parts
  const isLast = after.every((part) => isText(part) && part.text.trim() === '')
  if (isLast && found !== undefined && 'secret' in found) {
    const where = nameOf(found.secret.path)
    return headerPart(name, { prefix, secret: secretText(found.secret), where })
  }
  if (isLast && found !== undefined && 'secrets' in found && /^basic\s+$/i.test(prefix)) {
    const user = basicOf(found.source, found.secrets, config)
    const where = found.secrets.map(({ path }) => nameOf(path)).join(', ')
    if (user !== undefined) return headerPart(name, { prefix, secret: base64(user), where })
  }
  return refuseTool(
    found !== undefined && !('secret' in found || 'secrets' in found)
      ? `It takes its credential (the header ${name}) from an argument. Agents of the vault have none: use server.config.`
      : `It computes its credential (the header ${name}) in a way that the vault does not: one value after a fixed text.`,
  )
}

/** `Bearer sk_live…` in the document itself. */
function constantPart(name: string, text: string, where: string) {
  const [, prefix = '', secret = text] = /^([A-Za-z][A-Za-z0-9-]*\s+)(\S.*)$/s.exec(text) ?? []
  const isOwn =
    name.toLowerCase() === 'authorization' || /^(?:bearer|token|basic|apikey|key)\s/i.test(prefix)
  return isOwn
    ? headerPart(name, { prefix, secret, where })
    : headerPart(name, { prefix: '', secret: text, where })
}

function buildHeader(
  name: string,
  parts: readonly FilledPart[],
  context: ToolContext,
): ItemOf<'headers'> {
  const constant = textOfParts(parts)
  if (constant !== undefined) return { name, value: constant }
  const [only, more] = parts
  const path = only !== undefined && 'path' in only && more === undefined ? only.path : undefined
  const argument =
    path?.[0] === 'args' && path.length === 2 ? context.args.get(path[1] ?? '') : undefined
  if (argument !== undefined && isScalar(argument)) return { name, ...argumentItem(argument) }
  return { name, template: joinTemplate(parts, `the header ${name}`, context), optional: true }
}

/** `a=1; b={{.args.b}}` */
function buildCookies(parts: readonly FilledPart[], context: ToolContext): ItemOf<'cookies'>[] {
  const items: FilledPart[][] = [[]]
  for (const part of parts) {
    if (!isText(part)) items.at(-1)?.push(part)
    else {
      for (const [at, text] of part.text.split(';').entries()) {
        if (at > 0) items.push([])
        if (text !== '') items.at(-1)?.push({ text })
      }
    }
  }
  return items.flatMap((item) => buildCookie(item, context))
}

function buildCookie(
  [first, ...others]: readonly FilledPart[],
  context: ToolContext,
): ItemOf<'cookies'>[] {
  if (first === undefined || (isText(first) && first.text.trim() === '' && others.length === 0))
    return []
  const [, name = '', begin = ''] = isText(first)
    ? (/^\s*([^=\s]+)=(.*)$/s.exec(first.text) ?? [])
    : []
  if (name === '') return refuseTool('The name of a cookie is not fixed.')
  const parts = [...(begin === '' ? [] : [{ text: begin }]), ...others]
  const [only, more] = parts
  const where = `${context.tool.name}: the cookie ${name}`
  if (only !== undefined && 'secret' in only && more === undefined) {
    context.parts.push(
      keyPart(
        'cookie',
        { name },
        { where: context.nameOf(only.secret.path), secret: secretText(only.secret) },
      ),
    )
    return []
  }
  const constant = textOfParts(parts)?.trim()
  if (constant === undefined)
    return [{ name, template: joinTemplate(parts, `the cookie ${name}`, context), optional: true }]
  if (!isSecret(name, constant) && !(soundsSecret(name) && isPlaceholder(constant)))
    return [{ name, value: constant }]
  context.parts.push(keyPart('cookie', { name }, { where, secret: constant }))
  return []
}

/**
 * Whether an argument is left out of a tool: it would be a header that no tool sends, or it is a key by its name and no constant,
 * and then the vault puts the credential there. Agents have none to give.
 */
export function leaveKeyOut(
  argument: HigressArgument,
  position: string,
  context: ToolContext,
): boolean {
  const { name, schema } = argument
  const where = `${context.tool.name}: the argument ${name}`
  const isConstant = schema.default !== undefined || schema.enum !== undefined
  const isKey = /^authorization$/i.test(name) || (isSecretName(name) && !isConstant)
  const constant = soleValue(schema)
  if (constant !== undefined && isKeyPlace(position) && isKeyValue(name, constant)) {
    context.parts.push(keyPart(position, { name }, { where, secret: constant }))
    context.changes.add(
      `The argument ${quoteName(name)} is left out: a key stands in it, and the vault puts the credential there.`,
    )
    return true
  }
  if (position === 'header' && /^cookie$/i.test(name)) {
    context.changes.add('The argument Cookie is left out: it is a header that no tool may send.')
    return true
  }
  if (isKey && isKeyPlace(position)) {
    context.parts.push({ kind: position, known: { name }, where })
    context.changes.add(
      `The argument ${quoteName(name)} is left out: the vault puts the credential there.`,
    )
    return true
  }
  if (position !== 'header' || !isForbiddenRequestHeader(checkHeaderName(name))) return false
  context.changes.add(
    `The argument ${quoteName(name)} is left out: it is a header that no tool may send.`,
  )
  return true
}

const isKeyPlace = (position: string): position is 'header' | 'query' | 'cookie' =>
  position === 'header' || position === 'query' || position === 'cookie'

/** What the document itself gives for an argument: its default, or the one value that it can have. */
function soleValue({ default: fallback, enum: choices }: HigressArgument['schema']) {
  const [only] = isList(choices) && choices.length === 1 ? choices : [fallback]
  return typeof only === 'string' ? only : undefined
}

const isKeyValue = (name: string, text: string): boolean =>
  !isPlaceholder(text) && isSecret(name, text)
