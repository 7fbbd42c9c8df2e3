import { type Data, type DataObject, isList, isObject, scalarText } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'
import { refuseOperation } from './operation-refused.ts'
import type { References } from './references.ts'

export type Place = 'path' | 'query' | 'header' | 'cookie' | 'querystring'

/** A parameter as the document describes it, references followed. */
export interface Parameter {
  readonly name: string
  readonly place: Place
  readonly required: boolean
  readonly description: string | undefined
  readonly deprecated: boolean
  readonly schema: Data | undefined
  /** Written as JSON (`content`), not by style. */
  readonly asJson: boolean
  readonly style: string | undefined
  readonly explode: boolean | undefined
  readonly allowReserved: boolean
  readonly allowEmptyValue: boolean
  /** Values that stand beside the schema. */
  readonly examples: readonly Data[]
  /** The one value that it always has, since the path says it. */
  readonly fixed?: string | undefined
}

const parametersMax = 500
const nameCharsMax = 200
const places: ReadonlySet<unknown> = new Set(['path', 'query', 'header', 'cookie', 'querystring'])

/**
 * The parameters of an operation: those of its path, with its own in their places (OpenAPI 3.1 §4.8.9, §4.8.10).
 * @throws OperationRefused for one that cannot be read
 */
export function readParameters(
  lists: readonly (Data | undefined)[],
  references: References,
): readonly Parameter[] {
  const found = new Map<string, Parameter>()
  for (const list of lists) {
    if (list === undefined || list === null) continue
    if (!isList(list)) refuseOperation('Its parameters are no list.')
    else
      for (const one of list.slice(0, parametersMax + 1)) {
        const parameter = readParameter(one, references)
        const name = parameter.place === 'header' ? parameter.name.toLowerCase() : parameter.name
        found.set(`${parameter.place} ${name}`, parameter)
      }
  }
  if (found.size > parametersMax) refuseOperation(`It has more than ${parametersMax} parameters.`)
  return [...found.values()]
}

function readParameter(source: Data, references: References): Parameter {
  const followed = references.follow(source)
  if (followed.fault !== undefined) {
    return refuseOperation(`One of its parameters cannot be read. ${followed.fault}`)
  }
  const { value } = followed
  if (!isObject(value) || typeof value.name !== 'string' || value.name === '') {
    return refuseOperation('One of its parameters has no name.')
  }
  const { name, in: place } = value
  if (name.length > nameCharsMax)
    refuseOperation(`The parameter ${quoteName(name)} has too long a name.`)
  if (!places.has(place)) {
    refuseOperation(
      `The parameter ${quoteName(name)} is in ${quoteName(scalarText(place))}, which is no place of a request.`,
    )
  }
  const { schema, asJson } = readSchema(value, references)
  return {
    name,
    place: place as Place,
    required: value.required === true || place === 'path',
    description: typeof value.description === 'string' ? value.description : undefined,
    deprecated: value.deprecated === true,
    ...{ schema, asJson },
    style: typeof value.style === 'string' ? value.style : undefined,
    explode: typeof value.explode === 'boolean' ? value.explode : undefined,
    allowReserved: value.allowReserved === true,
    allowEmptyValue: value.allowEmptyValue === true,
    examples: readExamples(value, references),
  }
}

/** `schema`, or the one entry of `content`: JSON is written as JSON, anything else as the text that it is. */
function readSchema(
  parameter: DataObject,
  references: References,
): Pick<Parameter, 'schema' | 'asJson'> {
  const { content, schema } = parameter
  if (schema !== undefined || !isObject(content)) return { schema, asJson: false }
  const [entry] = Object.entries(content)
  if (entry === undefined) return { schema: undefined, asJson: false }
  const media = references.follow(entry[1]).value
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(entry[0])
  return { schema: isObject(media) ? media.schema : undefined, asJson: isJson }
}

const examplesMax = 3

function readExamples(parameter: DataObject, references: References): readonly Data[] {
  const { example, examples } = parameter
  const named = isObject(examples) ? Object.values(examples).slice(0, examplesMax) : []
  const values = named.map((one) => {
    const { value } = references.follow(one)
    return isObject(value) ? value.value : undefined
  })
  return [example, ...values].filter((one) => one !== undefined).slice(0, examplesMax)
}
