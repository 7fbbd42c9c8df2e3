import {
  type HttpMethod,
  type HttpToolDefinition,
  httpMethods,
  type JsonSchema,
  toolDescriptionCharsMax,
} from '@sallyport/contracts'
import type { FoundPart } from '../curl/find-credential.ts'
import { withoutKeys } from '../curl/known-secrets.ts'
import { isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { nameOfOperation, toToolName } from '../tool-names.ts'
import { cleanSchema } from '../yaml-tools/argument-schemas.ts'
import { methodAnnotations } from '../yaml-tools/method-annotations.ts'
import { literalOf, readTemplate, yieldOf } from '../yaml-tools/template-parts.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import { argumentItem } from './argument-items.ts'
import { buildBody } from './build-body.ts'
import { buildHeaders, checkHeaderName, leaveKeyOut } from './build-headers.ts'
import { buildUrl } from './build-url.ts'
import type { ConfigValue } from './config-values.ts'
import { securityOf } from './credential-parts.ts'
import type { HigressArgument, HigressDocument, HigressTool } from './higress-types.ts'
import { inputSchemaOf, isSure, schemasOf } from './input-schema.ts'
import type { ItemOf, ToolContext } from './tool-context.ts'

/** A tool as the document has it, before a way of signing in was chosen. */
export interface BuiltTool {
  readonly definition: HttpToolDefinition
  /** Where credentials go; none for an open API. */
  readonly parts: readonly FoundPart[]
  /** The scheme of the document by which it signs in, where it names one. */
  readonly schemeId?: string | undefined
  readonly changes: readonly string[]
}

const positions = ['path', 'query', 'header', 'cookie', 'body']

/**
 * Makes a definition of one tool.
 * @throws ToolRefused saying why it cannot be one
 */
export function buildTool(
  tool: HigressTool,
  document: HigressDocument,
  config: ReadonlyMap<string, ConfigValue>,
): BuiltTool {
  const { request } = tool
  if (request === undefined)
    return refuseTool('It has no URL: it asks nobody and only writes its arguments down.')
  const context: ToolContext = {
    ...{ tool, config, nameOf: document.nameOf, args: argumentsOf(tool), parts: [] },
    ...{
      changes: new Set<string>(),
      used: new Set<string>(),
      left: new Set<string>(),
      constants: new Map<string, string>(),
    },
  }
  const security = securityOf(tool, document)
  const method = methodOf(request.method, context)
  const schemas = schemasOf(tool)
  const { origin, path, query } = buildUrl(request.url, context)
  const { headers, cookies, contentType } = buildHeaders(context)
  placeArguments({ query, headers, cookies }, context)
  const body = buildBody({ contentType, schemas, ...bodyMembers(tool, context) }, context)
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    refuseTool(`It sends a body with ${method}, which the vault does not.`)
  }
  if (body === undefined && contentType !== undefined && !/^multipart\//i.test(contentType))
    headers.push({ name: 'Content-Type', value: contentType })
  noteOthers(context)
  const parts = security === undefined ? context.parts : partsWith(security, context)
  const named = toToolName(tool.name)
  const name = named ?? nameOfOperation(method, request.url.replaceAll(/\{\{[\s\S]*?\}\}/g, ''))
  if (name !== tool.name)
    context.changes.add(
      `It is called ${name}, since ${quoteName(tool.name)} is no name that all clients take.`,
    )
  const { constants } = context
  const definition: HttpToolDefinition = {
    name,
    ...(tool.title !== undefined && { title: tool.title.slice(0, 200) }),
    description: cut(withoutKeys(tool.description), context),
    inputSchema: inputSchemaOf(schemas, context),
    ...outputOf(tool, context),
    annotations: { ...methodAnnotations(method), ...hintsOf(tool) },
    key: tool.name.slice(0, 500),
    ...(tool.tags !== undefined &&
      tool.tags.length > 0 && { tags: tool.tags.map((tag) => tag.slice(0, 100)).slice(0, 20) }),
    binding: {
      ...{ kind: 'http', method, origin, path, query, headers, cookies },
      ...(body !== undefined && { body }),
      ...responseOf(tool),
      credential: parts.length === 0 ? 'none' : 'connection',
      ...(constants.size > 0 && { config: Object.fromEntries(constants) }),
    },
  }
  return { definition, parts, schemeId: security?.schemeId, changes: [...context.changes] }
}

function argumentsOf(tool: HigressTool): ReadonlyMap<string, HigressArgument> {
  const args = new Map<string, HigressArgument>()
  for (const argument of tool.args) {
    if (argument.name === '__proto__') refuseTool('It has an argument __proto__.')
    if (argument.position !== undefined && !positions.includes(argument.position)) {
      refuseTool(
        `The argument ${quoteName(argument.name)} has the position ${quoteName(argument.position)}; known are ${positions.join(', ')}.`,
      )
    }
    args.set(argument.name, argument)
  }
  return args
}

function methodOf(written: string | undefined, { changes }: ToolContext): HttpMethod {
  if (written === undefined) changes.add('It names no method: it is sent with GET.')
  const wanted = (written ?? 'GET').toUpperCase()
  const known = httpMethods.find((one) => one === wanted)
  return (
    known ?? refuseTool(`Its method ${quoteName(wanted)} is none of ${httpMethods.join(', ')}.`)
  )
}

interface Items {
  readonly query: ItemOf<'query'>[]
  readonly headers: ItemOf<'headers'>[]
  readonly cookies: ItemOf<'cookies'>[]
}

/** Arguments with a position, and all others where the document says that they go into the query. */
function placeArguments(items: Items, context: ToolContext): void {
  const { tool, args, used, left } = context
  const rest = tool.request?.argsTo.includes('query') ?? false
  for (const argument of args.values()) {
    const position = argument.position ?? (rest ? 'query' : undefined)
    if (position === undefined || position === 'path' || position === 'body') continue
    used.add(argument.name)
    if (leaveKeyOut(argument, position, context)) left.add(argument.name)
    else placeArgument(items, argument, position)
  }
}

function placeArgument(items: Items, argument: HigressArgument, position: string): void {
  const item = { name: argument.name, ...argumentItem(argument) }
  if (position === 'query') {
    place<ItemOf<'query'>>(items.query, { ...item, style: 'form' }, encodeURIComponent)
  } else if (position === 'header') {
    place<ItemOf<'headers'>>(items.headers, { ...item, name: checkHeaderName(argument.name) })
  } else place<ItemOf<'cookies'>>(items.cookies, item)
}

/** What the URL or the headers say already is sent where the argument is not given. */
function place<Item extends ItemOf<'query'> | ItemOf<'headers'> | ItemOf<'cookies'>>(
  items: Item[],
  item: Item,
  encode: (text: string) => string = (text) => text,
): void {
  const at = items.findIndex(({ name }) => name.toLowerCase() === item.name.toLowerCase())
  const before = items[at]
  if (before === undefined) items.push(item)
  else if ('value' in before && 'argument' in item) {
    const [name = ''] = item.argument
    const template = `{{if hasKey .args ${JSON.stringify(name)}}}${yieldOf(['args', name])}{{else}}${literalOf(encode(before.value))}{{end}}`
    items.splice(at, 1, { name: before.name, template } as Item)
  } else items.splice(at, 1, item)
}

function bodyMembers(tool: HigressTool, { args, used }: ToolContext) {
  const argsTo = tool.request?.argsTo ?? []
  if (argsTo.length > 1)
    refuseTool('It has more than one of argsToJsonBody, argsToUrlParam and argsToFormBody.')
  const to = argsTo.find((one) => one !== 'query')
  // A template of the body is all of it.
  if (tool.request?.body !== undefined) return { members: [], to: undefined }
  const members = [...args.values()].filter(
    ({ position }) => position === 'body' || (position === undefined && to !== undefined),
  )
  for (const { name } of members) used.add(name)
  return { members, to }
}

function noteOthers({ tool, args, used, changes }: ToolContext): void {
  const unused = [...args.keys()].filter((name) => !used.has(name))
  if (unused.length > 0)
    changes.add(`Nothing of the request reads ${unused.map(quoteName).join(', ')}.`)
  const open = [...args.values()].filter(
    (argument) => argument.position === 'path' && !isSure(argument),
  )
  if (open.length > 0) {
    const names = open.map(({ name }) => quoteName(name)).join(', ')
    changes.add(`What stands in the path must be given: ${names}.`)
  }
  if (args.size < tool.args.length)
    changes.add('Of arguments with the same name the last one counts.')
}

/** The scheme that a tool names goes before what its headers and its URL say about the same place. */
function partsWith(
  { part: named }: NonNullable<ReturnType<typeof securityOf>>,
  { parts }: ToolContext,
): FoundPart[] {
  const placeOf = ({ kind, known }: FoundPart): string =>
    kind === 'bearer' || kind === 'basic'
      ? 'header authorization'
      : `${String(known.place ?? kind)} ${String(known.name ?? '').toLowerCase()}`
  return [named, ...parts.filter((part) => placeOf(part) !== placeOf(named))]
}

function cut(description: string, { changes }: ToolContext): string {
  if (description.length <= toolDescriptionCharsMax) return description
  changes.add('Its description is cut.')
  return `${description.slice(0, toolDescriptionCharsMax - 1)}…`
}

function hintsOf({ annotations = {} }: HigressTool): HttpToolDefinition['annotations'] {
  const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
  return Object.fromEntries(
    hints.flatMap((hint) =>
      typeof annotations[hint] === 'boolean' ? [[hint, annotations[hint]]] : [],
    ),
  )
}

/** MCP takes schemas of objects alone for what is structured. */
function outputOf(
  { outputSchema }: HigressTool,
  { changes }: ToolContext,
): { outputSchema?: JsonSchema } {
  if (outputSchema === undefined || Object.keys(outputSchema).length === 0) return {}
  const cleaned = cleanSchema(outputSchema, 'outputSchema')
  if (cleaned.type === 'object' || isObject(outputSchema.properties)) {
    return { outputSchema: { ...cleaned, type: 'object' } }
  }
  changes.add('Its outputSchema is left out: it describes no object.')
  return {}
}

function responseOf({ response }: HigressTool) {
  const { body, prepend, append, error } = response
  if (body !== undefined) readTemplate(body, 'responseTemplate')
  if (error !== undefined) readTemplate(error, 'errorResponseTemplate')
  if (body !== undefined && (prepend !== undefined || append !== undefined)) {
    refuseTool('Its responseTemplate has both a body and something to go around the body.')
  }
  const given = {
    ...(body !== undefined && { body }),
    ...(prepend !== undefined && { prepend }),
    ...(append !== undefined && { append }),
    ...(error !== undefined && { error }),
  }
  return Object.keys(given).length > 0 ? { response: given } : {}
}
