import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { functionNames } from './functions/function-table.ts'
import { parseTemplate } from './parse-template.ts'

const page = readFileSync(new URL('../../../../../docs/templates.md', import.meta.url), 'utf8')
const block = (name: string): string => {
  const found = new RegExp(`^\`\`\`[a-z]+ ${name}\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)?.[1]
  if (found === undefined) throw new Error(`docs/templates.md has no block ${name}`)
  return found
}
const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }

describe('what docs/templates.md says', () => {
  const scope = JSON.parse(block('scope'))
  const examples = block('examples')
    .split('\n')
    .filter((line) => line.includes('=>'))
    .map((line) => line.split(/\s*=>\s?/))

  it.each(examples)('is so: %s', (template, yielded) => {
    expect(
      parseTemplate(template ?? '')
        .render(scope, 'text', world)
        .trim(),
    ).toBe(yielded?.trim())
  })

  it('names all functions and no other', () => {
    expect(block('functions').trim().split(/\s+/).sort()).toEqual(functionNames())
  })
})
