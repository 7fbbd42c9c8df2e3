import { refuseArgument } from './refuse-arguments.ts'

/** A JSON value whose objects have no prototype: a member named `constructor` or `__proto__` is one like any other. */
export type ArgumentValue = null | boolean | number | string | ArgumentValue[] | ArgumentObject
export interface ArgumentObject {
  [name: string]: ArgumentValue
}

const depthMax = 64
const nodesMax = 200_000
const nameCharsMax = 1000

/**
 * Copies what a caller gave, so that nobody else holds what is checked and then sent. Members that are undefined are left out.
 * @throws Problem `invalid-arguments` for what is no JSON, holds half a character, is nested too deeply or is too much
 */
export function copyArguments(args: Readonly<Record<string, unknown>>): ArgumentObject {
  let nodes = 0
  const copy = (value: unknown, path: readonly string[]): ArgumentValue => {
    nodes += 1
    if (nodes > nodesMax) refuseArgument([], `hold more than ${nodesMax} values`)
    if (path.length > depthMax)
      refuseArgument(path.slice(0, 4), `is nested deeper than ${depthMax}`)
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'string') return checkText(value, path)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return value.map((item, at) => copy(item, [...path, String(at)]))
    if (typeof value === 'object') return copyObject(value as Record<string, unknown>, path)
    return refuseArgument(path, 'is not a JSON value')
  }
  const copyObject = (object: Readonly<Record<string, unknown>>, path: readonly string[]) => {
    const copied: ArgumentObject = Object.create(null)
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined) continue
      if (name.length > nameCharsMax) {
        refuseArgument(path, `has a member whose name is longer than ${nameCharsMax} characters`)
      }
      copied[checkText(name, path)] = copy(value, [...path, name])
    }
    return copied
  }
  return copyObject(args, [])
}

function checkText(text: string, path: readonly string[]): string {
  return /\p{Surrogate}/u.test(text) ? refuseArgument(path, 'holds half a character') : text
}

/** Whether a value is an object and no list. */
export const isObject = (value: ArgumentValue | undefined): value is ArgumentObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path into the arguments; undefined where there is none. Lists are not entered. */
export function valueAt(args: ArgumentObject, path: readonly string[]): ArgumentValue | undefined {
  let value: ArgumentValue | undefined = args
  for (const name of path) {
    if (!isObject(value)) return undefined
    value = value[name]
  }
  return value
}
