// Writes tools as a document of Higress. The request is the same; what Higress has no words for is left out and told.
import type { CredentialKind, HttpBinding, HttpToolDefinition } from '@sallyport/contracts'
import { stringify } from 'yaml'
import { methodAnnotations } from '../../import/yaml-tools/method-annotations.ts'
import { yieldOf } from '../../import/yaml-tools/template-parts.ts'
import { isScalar, isWrittenInPart, schemaOf, writeArguments } from './write-arguments.ts'
import { writeBody } from './write-body.ts'
import { writeSecurity } from './write-security.ts'
import { whereGiven, writeSimple, writeUrl } from './write-url.ts'
import { NotSayable, type WrittenParts } from './written-parts.ts'

/** What is written of a toolset. */
export interface ToExport {
  readonly name: string
  readonly description?: string | undefined
  readonly tools: readonly HttpToolDefinition[]
  /** Of its connection; undefined where it has tools of several. */
  readonly credentialKind?: CredentialKind | undefined
}

/** A toolset as a document of Higress, and what that cannot say. */
export function exportHigress({ name, description, tools, credentialKind }: ToExport) {
  const notes: string[] = []
  const security = writeSecurity(credentialKind)
  const signing = new Set<string>()
  const config: Record<string, string> = Object.create(null)
  const written = tools.flatMap((definition) => {
    const parts: WrittenParts = { positions: new Map(), secrets: new Set(), notes: new Set() }
    try {
      const tool = writeTool(definition, parts)
      // A key that stands in the URL is asked for by its name in server.config, and nowhere else unless it is one of several.
      const isInUrl = parts.secrets.size > 0 && credentialKind !== 'several'
      const signsIn = definition.binding.credential === 'connection' && !isInUrl
      const request = { ...tool.requestTemplate, ...(signsIn && security.request) }
      if (signsIn) signing.add(definition.name)
      joinConfig(config, definition.binding.config ?? {}, parts.secrets)
      notes.push(...[...parts.notes].map((note) => `${definition.name}: ${note}`))
      return [{ ...tool, requestTemplate: request, ...(signsIn && security.tool) }]
    } catch (thrown) {
      if (!(thrown instanceof NotSayable)) throw thrown
      notes.push(`${definition.name} is left out: Higress has no words for ${thrown.message}.`)
      return []
    }
  })
  if (signing.size > 0) notes.push(security.note)
  const document = {
    server: {
      name,
      ...(description !== undefined && description !== '' && { description }),
      ...(Object.keys(config).length > 0 && { config: { ...config } }),
      ...(signing.size > 0 && { securitySchemes: [security.scheme] }),
    },
    tools: written,
  }
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
  return { document: text, contentType: 'application/yaml', extension: 'yaml', notes }
}

/** @throws NotSayable where two tools have a constant of one name with different values */
function joinConfig(
  config: Record<string, string>,
  own: Readonly<Record<string, string>>,
  secrets: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(own)) {
    if (config[name] !== undefined && config[name] !== value) {
      throw new NotSayable(`two constants that are both called ${name}`)
    }
  }
  Object.assign(config, own)
  for (const secret of secrets) config[secret] ??= ''
}

function writeTool(definition: HttpToolDefinition, parts: WrittenParts) {
  const { name, title, description, outputSchema, binding, annotations } = definition
  const url = writeUrl(definition, parts)
  const body = writeBody(definition, parts)
  const headers = writeHeaders(definition, parts, body?.contentType)
  if (isWrittenInPart(definition)) {
    parts.notes.add(
      'The deeper parts of its schema are left open, since Higress has no references.',
    )
  }
  const usual = methodAnnotations(binding.method)
  const differ = Object.entries(annotations).some(
    ([hint, value]) => usual[hint as keyof typeof usual] !== value,
  )
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    args: writeArguments(definition, parts.positions),
    requestTemplate: {
      ...{ url, method: binding.method },
      ...(headers.length > 0 && { headers }),
      ...(body?.body !== undefined && { body: body.body }),
    },
    ...writeResponse(binding.response),
    ...(outputSchema !== undefined && { outputSchema }),
    ...(differ && { annotations }),
  }
}

function writeHeaders(
  definition: HttpToolDefinition,
  { positions }: WrittenParts,
  contentType: string | undefined,
): { key: string; value: string }[] {
  const { headers, cookies } = definition.binding
  const written: { key: string; value: string }[] = []
  for (const item of headers) {
    if ('argument' in item && isPlainArgument(item, definition) && !positions.has(item.name))
      positions.set(item.name, 'header')
    else written.push({ key: item.name, value: textFor(item, definition) })
  }
  if (contentType !== undefined && !written.some(({ key }) => /^content-type$/i.test(key))) {
    written.push({ key: 'Content-Type', value: contentType })
  }
  const jar: string[] = []
  for (const item of cookies) {
    if ('argument' in item && isPlainArgument(item, definition) && !positions.has(item.name))
      positions.set(item.name, 'cookie')
    else jar.push(`${item.name}=${textFor(item, definition)}`)
  }
  return jar.length === 0 ? written : [...written, { key: 'Cookie', value: jar.join('; ') }]
}

type Item = HttpBinding['headers'][number] | HttpBinding['cookies'][number]
type StyledItem = Extract<Item, { argument: string[] }>

/** What Higress writes of an argument by its position alone: one value, or JSON of a list or an object. */
function isPlainArgument(
  { name, argument, contentType }: StyledItem,
  definition: HttpToolDefinition,
): boolean {
  if (argument.length !== 1 || argument[0] !== name) return false
  return isScalar(schemaOf(definition, name)) === (contentType === undefined)
}

function textFor(item: Item, definition: HttpToolDefinition): string {
  if ('value' in item) return item.value
  if ('template' in item) return item.template
  if (item.contentType !== undefined) {
    return whereGiven(
      item.argument,
      definition,
      yieldOf(['args', ...item.argument]).replace(/^\{\{/, '{{toJson '),
    )
  }
  return writeSimple(item, definition, ',')
}

function writeResponse(response: HttpBinding['response']): Record<string, unknown> {
  if (response === undefined) return {}
  const { body, prepend, append, error } = response
  const template = {
    ...(body !== undefined && { body }),
    ...(prepend !== undefined && { prependBody: prepend }),
    ...(append !== undefined && { appendBody: append }),
  }
  return {
    ...(Object.keys(template).length > 0 && { responseTemplate: template }),
    ...(error !== undefined && { errorResponseTemplate: error }),
  }
}
