// What JSON Schema 2020-12 knows (and `nullable`, which importers may have left), by what stands under each keyword. What is
// not here says nothing about arguments and is left out.

type KeywordKind =
  | 'schema'
  | 'schemas'
  | 'map'
  | 'patterns'
  | 'count'
  | 'number'
  | 'flag'
  | 'names'
  | 'namesByName'
  | 'type'
  | 'text'
  | 'list'
  | 'any'

export const schemaKeywords: ReadonlyMap<string, KeywordKind> = new Map([
  ...named('schema', [
    ...['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'items'],
    ...['unevaluatedItems', 'contains', 'not', 'if', 'then', 'else'],
  ]),
  ...named('schemas', ['allOf', 'anyOf', 'oneOf', 'prefixItems']),
  ...named('map', ['properties', '$defs', 'definitions', 'dependentSchemas']),
  ...named('patterns', ['patternProperties']),
  ...named('count', [
    ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
    ...['minContains', 'maxContains'],
  ]),
  ...named('number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']),
  ...named('flag', ['uniqueItems', 'nullable']),
  ...named('names', ['required']),
  ...named('namesByName', ['dependentRequired']),
  ...named('type', ['type']),
  ...named('text', ['pattern', 'format', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor']),
  ...named('list', ['enum']),
  ...named('any', ['const', 'default']),
])

function named(kind: KeywordKind, names: readonly string[]): [string, KeywordKind][] {
  return names.map((name) => [name, kind])
}

const types: ReadonlySet<unknown> = new Set([
  ...['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'],
])

const isText = (value: unknown): boolean => typeof value === 'string'
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a keyword that holds no schemas has the shape that it must have; one that has not is not enforced. */
export function hasShape(kind: KeywordKind, value: unknown): boolean {
  switch (kind) {
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'flag':
      return typeof value === 'boolean'
    case 'names':
      return areTexts(value)
    case 'namesByName':
      return isMap(value) && Object.values(value).every(areTexts)
    case 'type':
      return (
        types.has(value) ||
        (Array.isArray(value) && value.length > 0 && value.every((one) => types.has(one)))
      )
    case 'text':
      return isText(value)
    case 'list':
      return Array.isArray(value) && value.length > 0
    case 'any':
      return true
    default:
      return false
  }
}
