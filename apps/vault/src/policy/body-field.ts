import type { BodyNode } from './body-node.ts'
import { foldName } from './json-path.ts'

/** A field of a form, or a parameter of a query. */
export interface BodyField {
  readonly name: string
  /** Its name as lenient readers take it: case folded, `a[b][]` and `a.b` one and the same, numbers left out. */
  readonly key: string
  /** The same, as PHP renames it; undefined where it does not. */
  readonly otherKey: string | undefined
  /** False: only those who cut a query at `;` too see it. */
  readonly isWhole: boolean
  /** Undefined: its value is not known any more. */
  readonly node: BodyNode | undefined
}

const structure = /[[\].]/
const digits = /^[0-9]+$/
/** Stands in no name of a form or query, all of which are refused with a control character. */
const between = '\0'

export const toField = (name: string, node: BodyNode | undefined, isWhole = true): BodyField => {
  const renamed = rename(name)
  const otherKey = renamed === name ? undefined : fieldKey(renamed)
  return { name, key: fieldKey(name), otherKey, isWhole, node }
}

/** `from.date`, `from date`, `from[date` and ` from_date` are all `from_date` to PHP. */
const rename = (name: string) =>
  renameable.test(name) ? name.trim().replace(/[. ]|\[(?![^\]]*\])/g, '_') : name
const renameable = /[. [\s]/

/** Whether a field is one of those that a key speaks of, or a part of one: `card[number]` of `card`. */
export const isWithin = ({ key, otherKey }: BodyField, wanted: string): boolean =>
  isPart(key, wanted) || (otherKey !== undefined && isPart(otherKey, wanted))

const isPart = (fieldsKey: string, key: string) =>
  fieldsKey === key || (fieldsKey.charAt(key.length) === between && fieldsKey.startsWith(key))

/** `card[number]`, `card.number`, `Card[0][number]`: all the same to somebody. */
export function fieldKey(name: string): string {
  const folded = foldName(name)
  if (!structure.test(folded)) return folded
  return joinKey(folded.split(/[[\].]+/))
}

/** The key of the names of a path. */
export const joinKey = (names: readonly string[]): string =>
  names.filter((name) => name !== '' && !digits.test(name)).join(between)
