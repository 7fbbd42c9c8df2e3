import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type RequirementId, requirements } from './requirements.ts'
import { verifies } from './verifies.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const roots = ['apps', 'packages', 'test']
const notOurs = new Set(['node_modules', 'dist', '.types'])

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return testFiles(path)
    return /\.(test(-d)?|cases)\.ts$/.test(entry.name) ? [path] : []
  })
}

/** A citation in a comment proves nothing. Good enough for test files: what it takes too much is missed loudly. */
const withoutComments = (source: string) =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

function citedIn(source: string): string[] {
  return [...withoutComments(source).matchAll(/\bverifies\(([^)]*)\)/g)].flatMap((call) =>
    [...(call[1] ?? '').matchAll(/'(S-\d+)'/g)].map((literal) => literal[1] ?? ''),
  )
}

const sources = roots
  .flatMap((folder) => testFiles(join(root, folder)))
  .filter((path) => path !== fileURLToPath(import.meta.url))
  .map((path) => ({ path: path.slice(root.length), source: readFileSync(path, 'utf8') }))

const cited = new Set(sources.flatMap(({ source }) => citedIn(source)))
const isLater = (id: RequirementId) => 'since' in requirements[id]
const ids = Object.keys(requirements) as RequirementId[]

it('lists every promise from S-01 to S-44 once', () => {
  const all = Array.from({ length: 44 }, (_, i) => `S-${String(i + 1).padStart(2, '0')}`)
  expect([...ids].sort()).toEqual(all)
})

it('has a test for each promise that stands now', () => {
  expect(ids.filter((id) => !isLater(id) && !cited.has(id))).toEqual([])
})

it('cites no promise that is marked as a later one: whoever builds it takes the mark away', () => {
  expect(ids.filter((id) => isLater(id) && cited.has(id))).toEqual([])
})

it('counts a citation in code and none in a comment', () => {
  expect(citedIn("it('x', () => { verifies('S-01', 'S-02') })")).toEqual(['S-01', 'S-02'])
  expect(citedIn("// verifies('S-01')\n/* verifies('S-02') */")).toEqual([])
})

it('refuses a citation of a promise that nobody made', () => {
  expect(() => verifies('S-99' as RequirementId)).toThrow('no promise S-99')
})

it('leaves no test switched off for good, and none that switches off the others', () => {
  const forbidden = /\b(it|test|describe)(\.\w+)*\.(only|skip|todo|fails)\b/
  expect(sources.filter(({ source }) => forbidden.test(source)).map(({ path }) => path)).toEqual([])
})
