import { SqlParameter } from '@sallyport/contracts'
import { type Data, type DataObject, isList, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import type { DocumentReader, Place } from '../yaml-tools/document-reader.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'

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
  'embeddedBy',
  'valueFromParam',
]
const itemKeys = [
  'name',
  'type',
  'description',
  'allowedValues',
  'excludedValues',
  'minValue',
  'maxValue',
  'required',
]

/** What narrows or makes a value in ways that a bound parameter here has not. */
const notHere: readonly (readonly [string, string])[] = [
  [
    'authServices',
    'is filled in from the token of its caller, which agents of the vault do not have: add the statement by hand with a parameter that is bound to the agent (agent: id)',
  ],
  [
    'authSources',
    'is filled in from the token of its caller, which agents of the vault do not have: add the statement by hand with a parameter that is bound to the agent (agent: id)',
  ],
  ['embeddedBy', 'is made by an embedding model, which the vault does not ask'],
  ['valueFromParam', 'takes its value from another one'],
  [
    'escape',
    'is written between quotes, which is for templates: nothing is written into a statement',
  ],
  [
    'excludedValues',
    'takes all but certain values (excludedValues), which is not checked here: write that into the statement',
  ],
]

interface ReadParameters {
  readonly parameters: readonly SqlParameter[]
  /** What was changed, in a sentence each. */
  readonly changed: readonly string[]
}

/** @throws ToolRefused for what cannot be bound; Problem `document-refused` for a key that is not known */
export function readParameters(
  list: Data | undefined,
  { place, read }: { readonly place: Place; readonly read: DocumentReader },
): ReadParameters {
  const changed: string[] = []
  const parameters = read.list(list, place).map((one, at) => {
    const here: Place = [...place, at]
    const value = read.object(one, here, parameterKeys)
    const name = read.text(value.name, [...here, 'name']) ?? read.refuse(here, 'it has no name.')
    const [, why] = notHere.find(([key]) => isSaid(value[key])) ?? []
    if (why !== undefined) refuseTool(`Its parameter ${quoteName(name)} ${why}.`)
    const own = ownName(name)
    if (own !== name) changed.push(`Its parameter ${quoteName(name)} is called ${own}.`)
    const type = typeOf(value, { name, place: here, read })
    const bounds = boundsOf(value, { name, isArray: type.items !== undefined, place: here, read })
    if (bounds.changed !== undefined) changed.push(bounds.changed)
    return parse({
      ...{ name: own, ...type, ...bounds.taken },
      description: (read.text(value.description, [...here, 'description']) ?? '').slice(0, 2000),
      required: read.flag(value.required, [...here, 'required']) ?? true,
      ...(value.default !== undefined && { default: value.default }),
    })
  })
  return { parameters, changed }
}

interface About {
  readonly name: string
  readonly isArray: boolean
  readonly place: Place
  readonly read: DocumentReader
}

/** What narrows values: of an array, its items; what is said of a whole array has no schema that means it. */
function boundsOf(value: DataObject, about: About) {
  const { name, isArray, place, read } = about
  if (!isArray) return narrowedBy(value, about)
  const said = ['allowedValues', 'minValue', 'maxValue'].find((key) => isSaid(value[key]))
  if (said !== undefined) {
    refuseTool(
      `Its parameter ${quoteName(name)} is an array with ${said}: that belongs to its items.`,
    )
  }
  const items = read.object(value.items, [...place, 'items'], itemKeys)
  if (isSaid(items.excludedValues)) {
    refuseTool(
      `The items of its parameter ${quoteName(name)} ${notHere.find(([key]) => key === 'excludedValues')?.[1]}.`,
    )
  }
  return narrowedBy(items, { ...about, place: [...place, 'items'] })
}

/** genai-toolbox reads a text of `allowedValues` as a regular expression that any part of a value may match. */
function narrowedBy(value: DataObject, { name, place, read }: About) {
  const allowed = read.list(value.allowedValues, [...place, 'allowedValues'])
  const values = allowed.map((one) => (typeof one === 'string' ? literalOf(one, name) : one))
  const [minimum, maximum] = [value.minValue, value.maxValue]
  const isText = allowed.some((one) => typeof one === 'string' && !isAnchored(one))
  return {
    taken: {
      ...(values.length > 0 && { enum: values }),
      ...(isSaid(minimum) && { minimum }),
      ...(isSaid(maximum) && { maximum }),
    },
    changed: isText
      ? `Its parameter ${quoteName(name)} takes its allowedValues alone, and no longer texts that contain one.`
      : undefined,
  }
}

const isAnchored = (pattern: string): boolean => /^\^.*\$$/s.test(pattern)

/** The one text that a pattern stands for, anchored or not. @throws ToolRefused for any other pattern */
function literalOf(pattern: string, name: string): string {
  const inner = isAnchored(pattern) ? pattern.slice(1, -1) : pattern
  if (!/[\\^$.|?*+()[\]{}]/.test(inner)) return inner
  return refuseTool(
    `Its parameter ${quoteName(name)} has a regular expression in allowedValues, which is not checked here: name the values themselves, or write that into the statement.`,
  )
}

const isSaid = (value: Data | undefined): boolean =>
  value !== undefined && value !== null && !(isList(value) && value.length === 0)

/** The same values by JSON Schema, as Higress has them: the order of the properties is that of the places. */
export function readSchemaParameters(
  schema: Data | undefined,
  { place, read }: { readonly place: Place; readonly read: DocumentReader },
): ReadParameters {
  if (schema === undefined || schema === null) return { parameters: [], changed: [] }
  const one = isList(schema) && schema.length === 1 ? schema[0] : schema
  const root = read.object(one, place, [
    ...['type', 'properties', 'required', 'description', 'additionalProperties', '$schema'],
  ])
  const required = new Set(
    read.list(root.required, [...place, 'required']).map((name) => String(name)),
  )
  const changed: string[] = []
  const properties = read.map(root.properties, [...place, 'properties'])
  const parameters = Object.entries(properties).map(([name, property]) => {
    const here: Place = [...place, 'properties', name]
    const value = read.object(property, here, [
      ...['type', 'description', 'default', 'items', 'title', 'enum', 'minimum', 'maximum'],
    ])
    const { enum: values, minimum, maximum } = value
    const own = ownName(name)
    if (own !== name) changed.push(`Its parameter ${quoteName(name)} is called ${own}.`)
    return parse({
      ...{ name: own, ...typeOf(value, { name, place: here, read }) },
      description: (read.text(value.description, [...here, 'description']) ?? '').slice(0, 2000),
      required: required.has(name),
      ...(isSaid(values) && { enum: values }),
      ...(isSaid(minimum) && { minimum }),
      ...(isSaid(maximum) && { maximum }),
      ...(value.default !== undefined && { default: value.default }),
    })
  })
  return { parameters, changed }
}

const types: Readonly<Record<string, SqlParameter['type']>> = {
  string: 'string',
  integer: 'integer',
  float: 'float',
  number: 'float',
  boolean: 'boolean',
  array: 'array',
}

function typeOf(
  value: DataObject,
  {
    name,
    place,
    read,
  }: { readonly name: string; readonly place: Place; readonly read: DocumentReader },
): { type: string; items?: string } {
  const said = read.text(value.type, [...place, 'type']) ?? 'string'
  const type = Object.hasOwn(types, said) ? types[said] : undefined
  if (type === undefined) {
    return refuseTool(
      `Its parameter ${quoteName(name)} is of the type ${quoteName(said)}, which cannot be bound.`,
    )
  }
  if (type !== 'array') return { type }
  const items = isObject(value.items)
    ? read.text(value.items.type, [...place, 'items', 'type'])
    : ''
  const itemType = Object.hasOwn(types, items ?? '') ? types[items ?? ''] : undefined
  if (itemType === undefined || itemType === 'array') {
    return refuseTool(
      `The items of its parameter ${quoteName(name)} are of no type that can be bound.`,
    )
  }
  return { type, items: itemType }
}

/** Names of parameters are names of arguments; places in statements know numbers alone. */
function ownName(name: string): string {
  const plain = name.replaceAll(/\W+/g, '_').slice(0, 63)
  return /^[A-Za-z_]/.test(plain) ? plain : `p_${plain}`.slice(0, 63)
}

function parse(value: object): SqlParameter {
  const parsed = SqlParameter.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return refuseTool(
    `One of its parameters cannot be bound: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
  )
}
