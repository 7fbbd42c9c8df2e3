import { type Data, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'

// The fixed fields of OpenAPI 2.0 to 3.2. Others are nobody's: they are ignored, and said to be.

const infoAndDocs = ['summary', 'description', 'externalDocs', 'tags']

const fieldNames = {
  document: [
    ...['openapi', 'swagger', '$self', 'info', 'jsonSchemaDialect', 'servers', 'paths', 'webhooks'],
    ...[
      'components',
      'security',
      'tags',
      'externalDocs',
      'host',
      'basePath',
      'schemes',
      'consumes',
    ],
    ...[
      'produces',
      'definitions',
      'parameters',
      'responses',
      'securityDefinitions',
      'id',
      '$schema',
    ],
  ],
  path: [
    ...['$ref', 'summary', 'description', 'servers', 'parameters', 'get', 'put', 'post', 'delete'],
    ...['options', 'head', 'patch', 'trace', 'query', 'additionalOperations'],
  ],
  operation: [
    ...infoAndDocs,
    ...['operationId', 'parameters', 'requestBody', 'responses', 'callbacks', 'deprecated'],
    ...['security', 'servers', 'consumes', 'produces', 'schemes'],
  ],
} as const

const notedMax = 20

/** Collects fields that no version of OpenAPI has; `x-` fields are anybody's. */
export function createFieldCheck() {
  const found = new Map<string, string>()
  return {
    check(kind: keyof typeof fieldNames, value: Data | undefined, where: string): void {
      if (!isObject(value) || found.size >= notedMax) return
      const known: readonly string[] = fieldNames[kind]
      for (const name of Object.keys(value)) {
        if (name.startsWith('x-') || known.includes(name) || found.has(name)) continue
        found.set(name, where)
      }
    },
    notes: (): readonly string[] =>
      [...found]
        .slice(0, notedMax)
        .map(
          ([name, where]) => `OpenAPI has no field ${quoteName(name)}; it is ignored (${where}).`,
        ),
  }
}
