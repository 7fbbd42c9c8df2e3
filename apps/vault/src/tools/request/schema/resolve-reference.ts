/** What a reference within a schema (`#/$defs/node`) points to; undefined where there is nothing, or not in this document. */
export function resolveReference(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined
  let value = root
  for (const part of reference.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined
    const name = decode(part).replaceAll('~1', '/').replaceAll('~0', '~')
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
  }
  return value
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A lone percent sign stands for itself.
  }
}
