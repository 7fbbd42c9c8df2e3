// Writes tools as an OpenAPI 3.1 document. What is imported from it again sends the same requests; what OpenAPI has no words for is
// left out and told.
import type { HttpToolDefinition, JsonSchema } from '@sallyport/contracts'
import { createComponents } from './component-schemas.ts'
import { NotSayable } from './not-sayable.ts'
import { writeBody } from './write-body.ts'
import { writeParameters } from './write-parameters.ts'
import { writePath } from './write-path.ts'

/** What is written of a toolset. */
export interface ToExport {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly version: number
  readonly tools: readonly HttpToolDefinition[]
}

/** A toolset as OpenAPI, without any secret, and what that cannot say. */
export function exportOpenApi({ name, title, description, version, tools }: ToExport) {
  const notes: string[] = []
  const [origin = ''] = tools.map(({ binding }) => binding.origin)
  const components = createComponents()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const definition of tools) {
    const said = (note: string) => notes.push(`${definition.name}: ${note}`)
    try {
      const method = definition.binding.method.toLowerCase()
      const itemOf = (path: string) => (Object.hasOwn(paths, path) ? (paths[path] ?? {}) : {})
      const plain = writePath(definition)
      // As clouds write it whose operations differ in a header alone: a fragment is never sent.
      const path = itemOf(plain)[method] === undefined ? plain : `${plain}#${definition.name}`
      const item = itemOf(path)
      item[method] = writeOperation(definition, { origin, components, said })
      paths[path] = item
    } catch (thrown) {
      if (!(thrown instanceof NotSayable)) throw thrown
      notes.push(`${definition.name} is left out: OpenAPI has no words for ${thrown.message}.`)
    }
  }
  if (Object.keys(paths).some((path) => path.includes('#'))) {
    notes.push(
      'Tools of one method and path are told apart by what stands behind #: it is not sent.',
    )
  }
  if (tools.some(({ binding }) => binding.credential === 'connection')) {
    notes.push('No way to sign in is written: add components.securitySchemes and security.')
  }
  const schemas = components.all()
  const document = {
    openapi: '3.1.1',
    info: {
      title: title ?? name,
      ...(description !== undefined && description !== '' && { description }),
      version: String(version),
    },
    ...(origin !== '' && { servers: [{ url: origin }] }),
    paths,
    ...(Object.keys(schemas).length > 0 && { components: { schemas } }),
  }
  const text = `${JSON.stringify(document, null, 2)}\n`
  return { document: text, contentType: 'application/json', extension: 'json', notes }
}

interface Writing {
  readonly origin: string
  readonly components: ReturnType<typeof createComponents>
  readonly said: (note: string) => void
}

function writeOperation(
  definition: HttpToolDefinition,
  { origin, components, said }: Writing,
): object {
  const { binding, title, description, tags, deprecated, name } = definition
  const schemaOf = components.reader(definition)
  if (binding.response !== undefined) said('What its template makes of the answer is not written.')
  const parameters = writeParameters(definition, { schemaOf, said })
  const requestBody = writeBody(definition, { schemaOf })
  return {
    operationId: name,
    ...(title !== undefined && { summary: title }),
    ...(description !== '' && { description }),
    ...(tags !== undefined && { tags }),
    ...(deprecated === true && { deprecated }),
    ...(binding.origin !== origin && { servers: [{ url: binding.origin }] }),
    ...(binding.credential === 'none' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    responses: writeResponses(definition, components.answer(definition)),
  }
}

/** The answer, under the media type that the tool asks for. */
function writeResponses({ binding }: HttpToolDefinition, schema: JsonSchema | undefined): object {
  const accept = binding.headers.find(({ name }) => name.toLowerCase() === 'accept')
  const type = accept !== undefined && 'value' in accept ? accept.value : undefined
  const description = 'The answer'
  if (schema === undefined && type === undefined) return { default: { description } }
  const content = { [type ?? 'application/json']: schema === undefined ? {} : { schema } }
  return { '200': { description, content } }
}
