import { toolsetTemplates } from '@sallyport/catalog'
import { describe, expect, it } from 'vitest'
import { compileTool } from '../request/compile-tool.ts'

const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }

type Schema = Readonly<Record<string, unknown>>

/** A value that fits a schema of the catalog's own making. */
function valueFor(schema: Schema): unknown {
  const { examples, enum: values, default: fallback, type, items, properties, format } = schema
  const [example] = [...((examples ?? values ?? []) as unknown[])]
  if (example !== undefined) return example
  if (fallback !== undefined) return fallback
  if (type === 'object') {
    return Object.fromEntries(
      Object.entries((properties ?? {}) as Record<string, Schema>).map(([name, member]) => [
        name,
        valueFor(member),
      ]),
    )
  }
  if (type === 'array') return [valueFor((items ?? {}) as Schema)]
  if (type === 'integer') return schema.minimum
  if (type === 'boolean') return true
  if (format === 'email') return 'ann@example.com'
  if (format === 'date') return '2026-11-21'
  if (format === 'date-time') return '2026-11-21T10:00:00Z'
  if (format === 'uri') return 'https://example.com/'
  return 'x1'
}

describe('the tools of the catalog', () => {
  it.each(toolsetTemplates)(
    'can all be called, with every argument and with those that must be given: $id',
    ({ tools }) => {
      for (const tool of tools) {
        const compiled = compileTool(tool)
        const all = valueFor(tool.inputSchema) as Record<string, unknown>
        const needed = Object.fromEntries(
          ((tool.inputSchema.required ?? []) as string[]).map((name) => [name, all[name]]),
        )
        for (const given of [all, needed]) {
          const built = compiled.build(given, world)
          expect(built.url.startsWith(`${tool.binding.origin}/`), built.url).toBe(true)
          expect(built.method).toBe(tool.binding.method)
          expect(new URL(built.url).href).toBe(built.url)
        }
        expect(() => compiled.build({ ...needed, unknown: 1 }, world)).toThrow()
        for (const name of Object.keys(needed)) {
          expect(() => compiled.build({ ...needed, [name]: undefined }, world)).toThrow()
        }
      }
    },
  )
})
