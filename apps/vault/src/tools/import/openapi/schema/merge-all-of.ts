import type { JsonSchema } from '@sallyport/contracts'

const mergeable: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'title', 'description', 'examples', 'deprecated'],
])

/**
 * Several schemas that hold together as one, where that means the same: objects that name different members. Undefined where
 * it would not; then `allOf` stays.
 */
function mergeAllOf(parts: readonly JsonSchema[]): JsonSchema | undefined {
  const properties: Record<string, unknown> = {}
  const required = new Set<string>()
  const merged: Record<string, unknown> = {}
  for (const part of parts) {
    const names = Object.keys(part)
    if (!names.every((name) => mergeable.has(name))) return undefined
    if (part.type !== undefined && part.type !== 'object') return undefined
    if (
      part.type === undefined &&
      names.some((name) => name === 'properties' || name === 'required')
    ) {
      // Without a type it takes what is no object, too; together with one that is an object it does not.
      if (!parts.some(({ type }) => type === 'object')) return undefined
    }
    for (const [name, property] of Object.entries((part.properties ?? {}) as JsonSchema)) {
      if (!Object.hasOwn(properties, name)) properties[name] = property
      else if (JSON.stringify(properties[name]) !== JSON.stringify(property)) return undefined
    }
    for (const name of (part.required ?? []) as readonly string[]) required.add(name)
    for (const name of ['type', 'title', 'description', 'examples', 'deprecated']) {
      if (part[name] !== undefined) merged[name] = part[name]
    }
  }
  return {
    ...merged,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.size > 0 && { required: [...required] }),
  }
}

/** Schemas that hold together as one, with what is said beside them. */
export function joinAll(parts: readonly JsonSchema[], beside: JsonSchema): JsonSchema {
  const bearers = parts.filter((part) => Object.keys(part).length > 0)
  const [only] = bearers
  if (bearers.length <= 1) return { ...only, ...beside }
  const merged = mergeAllOf(bearers)
  return merged === undefined ? { allOf: bearers, ...beside } : { ...merged, ...beside }
}
