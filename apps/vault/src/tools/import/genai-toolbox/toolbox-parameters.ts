import type { HigressArgument } from '../higress/higress-types.ts'
import { type Data, type DataObject, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import type { DocumentReader, Place } from '../yaml-tools/document-reader.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import type { ToolboxEntry } from './toolbox-document.ts'

const parameterKeys = [
  'name',
  'type',
  'description',
  'required',
  'default',
  'items',
  'valueType',
  'allowedValues',
  'excludedValues',
  'minValue',
  'maxValue',
  'escape',
  'authServices',
  'authSources',
  'additionalProperties',
  'embeddedBy',
  'valueFromParam',
]

const lists = [
  ['pathParams', undefined],
  ['queryParams', 'query'],
  ['headerParams', 'header'],
  ['bodyParams', undefined],
  ['parameters', undefined],
] as const

/**
 * The parameters of a tool, by the place in which they go.
 * @throws ToolRefused for one that is filled in from the token of a caller
 */
export function parametersOf(entry: ToolboxEntry, tool: DataObject): HigressArgument[] {
  const { read } = entry
  return lists.flatMap(([key, position]) =>
    read.list(tool[key], [...entry.place, key]).map((one, at) => {
      const place: Place = [...entry.place, key, at]
      const parameter = read.object(one, place, parameterKeys)
      const name =
        read.text(parameter.name, [...place, 'name']) ?? read.refuse(place, 'it has no name.')
      if (parameter.authServices !== undefined || parameter.authSources !== undefined) {
        refuseTool(
          `The parameter ${quoteName(name)} is filled in from the token of its caller, which agents of the vault do not have.`,
        )
      }
      // Bodies and paths are templates, which read an argument where they want it.
      const goes = key === 'pathParams' ? 'path' : key === 'bodyParams' ? undefined : position
      return {
        name,
        required:
          read.flag(parameter.required, [...place, 'required']) ?? parameter.default === undefined,
        ...(goes !== undefined && { position: goes }),
        schema: schemaOf(parameter, place, read),
      }
    }),
  )
}

/** JSON Schema of a parameter: every parameter is required unless told otherwise, and ranges have names of their own. */
function schemaOf(parameter: DataObject, place: Place, read: DocumentReader): DataObject {
  const { type, description, default: fallback, items, valueType } = parameter
  const named = read.text(type, [...place, 'type'])
  const allowed = read.list(parameter.allowedValues, [...place, 'allowedValues'])
  const excluded = read.list(parameter.excludedValues, [...place, 'excludedValues'])
  const schema: Record<string, Data | undefined> = {
    ...{ type: named ?? 'string', description, default: fallback },
    ...(parameter.minValue !== undefined && { minimum: parameter.minValue }),
    ...(parameter.maxValue !== undefined && { maximum: parameter.maxValue }),
    ...(allowed.length > 0 && { enum: allowed }),
    ...(excluded.length > 0 && { not: { enum: excluded } }),
    ...(isObject(items) && { items: schemaOf(items, [...place, 'items'], read) }),
  }
  const isMap = named === 'map' && typeof valueType === 'string'
  return isMap ? { ...schema, additionalProperties: { type: valueType } } : schema
}
