import { type Data, isList, isObject } from '../../read-document.ts'

/** A value of a document as ordinary JSON data: what checks schemas later asks objects for their prototype. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue }

const valuesMax = 200

/** Copies a value that a schema gives (a default, a constant, an example); undefined where it is too large to be worth it. */
export function toPlainValue(value: Data | undefined, max = valuesMax): PlainValue | undefined {
  let left = max
  const copy = (one: Data): PlainValue => {
    left -= 1
    if (left < 0) return null
    if (isList(one)) return one.slice(0, left + 1).map(copy)
    if (!isObject(one)) return one as string | number | boolean | null
    const copied: Record<string, PlainValue> = {}
    for (const [name, member] of Object.entries(one)) {
      if (left < 0) break
      if (name !== '__proto__' && member !== undefined) copied[name] = copy(member)
    }
    return copied
  }
  if (value === undefined) return undefined
  const copied = copy(value)
  return left < 0 ? undefined : copied
}
