import type { JsonSchema } from '@sallyport/contracts'

/** The arguments of a tool while they are collected. */
export interface ToolArguments {
  /** Takes one more; answers the name that it has, which is its own and one that every client takes. */
  add(
    wanted: string,
    place: 'path' | 'query' | 'header' | 'cookie' | 'body',
    schema: JsonSchema,
  ): string
  /** The schema of all of them: each is required, and there are no others. */
  readonly schema: () => JsonSchema
}

const nameCharsMax = 60

/** Builds the collection. A name that two places want gets its place behind it; the same place of the path is one argument. */
export function createToolArguments(): ToolArguments {
  const taken = new Map<string, { readonly place: string; readonly schema: JsonSchema }>()
  return {
    add(wanted, place, schema) {
      const plain = safeName(wanted)
      if (place === 'path' && taken.get(plain)?.place === 'path') return plain
      let name = plain
      if (taken.has(name)) name = `${plain}_${place}`
      for (let number = 2; taken.has(name); number += 1) name = `${plain}_${place}_${number}`
      taken.set(name, { place, schema })
      return name
    },
    schema: () => ({
      type: 'object',
      properties: Object.fromEntries([...taken].map(([name, { schema }]) => [name, schema])),
      required: [...taken.keys()],
      additionalProperties: false,
    }),
  }
}

function safeName(text: string): string {
  const plain = text
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, nameCharsMax)
  return plain === '' || plain === '__proto__' ? 'value' : plain
}
