import { HttpToolDefinition, ToolsetName } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createCatalog } from '../catalog.ts'
import { toolsetTemplates } from './templates.ts'

const catalog = createCatalog()

/** A path with an example in each place, and its method. */
function exampleOf(tool: HttpToolDefinition): { method: string; path: string } {
  const properties = tool.inputSchema.properties as Record<string, Record<string, unknown>>
  const path = tool.binding.path.map((piece) => {
    if ('text' in piece) return piece.text
    if (!('argument' in piece)) throw new Error('a template in a path')
    const schema = properties[piece.argument[0] ?? ''] ?? {}
    const [example] = (schema.examples ?? schema.enum ?? ['x1']) as unknown[]
    return encodeURIComponent(String(example))
  })
  return { method: tool.binding.method, path: path.join('') }
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  const open = wanted.at(-1) === '**'
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false
  return (open ? wanted.slice(0, -1) : wanted).every((segment, at) => {
    const parts = segment.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('[^/]+')}$`).test(given[at] ?? '')
  })
}

describe('the ready toolsets of the catalog', () => {
  it('are of services of the catalog, at least twenty of them, each under a name that a toolset can have', () => {
    expect(new Set(toolsetTemplates.map(({ service }) => service)).size).toBeGreaterThanOrEqual(20)
    const ids = toolsetTemplates.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, service, origins, tools: own } of toolsetTemplates) {
      expect(ToolsetName.safeParse(id).success, id).toBe(true)
      expect(catalog.findService(service)?.origins, id).toEqual(
        expect.arrayContaining([...origins]),
      )
      expect(own.length, id).toBeGreaterThanOrEqual(2)
      expect(own.length, id).toBeLessThanOrEqual(10)
      expect(new Set(own.map(({ name }) => name)).size, id).toBe(own.length)
    }
  })

  it.each(toolsetTemplates)('are whole definitions as they would be stored: $id', ({ tools }) => {
    for (const tool of tools) {
      expect(HttpToolDefinition.parse(tool)).toEqual(tool)
      expect(tool.description, tool.name).toMatch(/^[A-Z].*\.$/s)
      expect(tool.description.length, tool.name).toBeLessThanOrEqual(400)
      expect(tool.title, tool.name).toMatch(/^[A-Z]/)
    }
  })

  it.each(toolsetTemplates)(
    'ask for nothing that no action of the service does: $id',
    (template) => {
      const allowed = (catalog.findService(template.service)?.actions ?? []).flatMap(
        ({ allow }) => allow,
      )
      for (const tool of template.tools) {
        const { method, path } = exampleOf(tool)
        const covered = allowed.some(
          (entry) =>
            entry.origin === tool.binding.origin &&
            entry.methods.some((one) => one === method) &&
            entry.paths.some((pattern) => fits(pattern, path)),
        )
        expect(covered, `${method} ${path}`).toBe(true)
      }
    },
  )

  it.each(toolsetTemplates)('say what every argument is, and hold no secret: $id', ({ tools }) => {
    for (const tool of tools) {
      const properties = Object.entries(
        tool.inputSchema.properties as Record<string, { description?: string }>,
      )
      for (const [name, { description = '' }] of properties) {
        expect(description.length, `${tool.name} ${name}`).toBeGreaterThan(2)
      }
      const { headers, query } = tool.binding
      for (const { name } of [...headers, ...query]) {
        expect(name).not.toMatch(/^(authorization|x?-?api-?_?key|(access_)?token|secret|cookie)$/i)
      }
      expect(JSON.stringify(tool)).not.toMatch(/\b(sk|pk|ghp|xox[bap]|AKIA)[-_][A-Za-z0-9]{8}/)
    }
  })
})
