import { readCondition } from './gjson-condition.ts'
import { type Fail, scan } from './gjson-scan.ts'
import type { GjsonCondition, GjsonPart, GjsonPath } from './gjson-types.ts'

// The paths of `{{gjson "users.#(age>30)#.name"}}`: names, indexes, `#`, filters, wildcards, modifiers, pipes and several
// paths at once, as the library that Higress uses documents them. Read here; looked up in select-gjson.ts.

/** The most characters of a path, parts of it, and paths inside of paths. */
const pathCharactersMax = 2_000
const partsMax = 200
const pathDepthMax = 10

const gjsonModifiers = [
  'reverse',
  'keys',
  'values',
  'flatten',
  'this',
  'valid',
  'pretty',
  'ugly',
  'tostr',
  'fromstr',
  'join',
] as const

/**
 * Reads a path.
 * @throws TemplateFault, made by `fail`
 */
export function parseGjsonPath(text: string, fail: Fail, depth = 0): GjsonPath {
  if (text.length > pathCharactersMax)
    throw fail(`a path has at most ${pathCharactersMax} characters.`)
  if (depth > pathDepthMax) throw fail(`paths stand at most ${pathDepthMax} deep in each other.`)
  const stages: GjsonPart[][] = [[]]
  let count = 0
  let at = 0
  while (at < text.length) {
    const end = endOfPart(text, at, fail)
    count += 1
    if (count > partsMax) throw fail(`a path has at most ${partsMax} parts.`)
    stages.at(-1)?.push(readPart(text.slice(at, end), fail, depth))
    if (text[end] === '|') stages.push([])
    at = end + 1
  }
  return { stages, names: leadingNames(stages) }
}

function leadingNames(stages: readonly (readonly GjsonPart[])[]): readonly string[] {
  const names: string[] = []
  for (const part of stages.flat()) {
    if (part.kind !== 'name') break
    names.push(part.name)
  }
  return names
}

/** Where a part ends: at a dot or a pipe that stands in no bracket and no quotes. */
function endOfPart(text: string, from: number, fail: Fail): number {
  return scan(text, from, { stops: '.|', fail })
}

function readPart(part: string, fail: Fail, depth: number): GjsonPart {
  if (part === '#') return { kind: 'each' }
  if (part.startsWith('#(') || part.startsWith('#[')) return readFilter(part, fail, depth)
  if (part.startsWith('@')) return readModifier(part, fail)
  if (part.startsWith('{') || part.startsWith('[')) return readSeveral(part, fail, depth)
  return readName(part)
}

function readFilter(part: string, fail: Fail, depth: number): GjsonPart {
  const all = part.endsWith('#')
  const inner = part.slice(2, all ? -2 : -1)
  const conditions: GjsonCondition[] = []
  let at = 0
  while (at <= inner.length) {
    let end = at
    do {
      end = scan(inner, end === at ? at : end + 1, { stops: '&', fail })
    } while (end < inner.length && inner[end + 1] !== '&')
    conditions.push(
      readCondition(inner.slice(at, end).trim(), fail, (path) =>
        parseGjsonPath(path, fail, depth + 1),
      ),
    )
    at = end + 2
  }
  return { kind: 'filter', all, conditions }
}

function readModifier(part: string, fail: Fail): GjsonPart {
  const [name = '', ...rest] = part.slice(1).split(':')
  if ((gjsonModifiers as readonly string[]).includes(name)) {
    return { kind: 'modifier', name, argument: rest.join(':') }
  }
  throw fail(`there is no modifier @${name}.`)
}

function readSeveral(part: string, fail: Fail, depth: number): GjsonPart {
  const paths: { name: string; path: GjsonPath }[] = []
  const inner = part.slice(1, -1)
  let at = 0
  while (at < inner.length) {
    const end = scan(inner, at, { stops: ',', fail })
    const member = inner.slice(at, end).trim()
    const colon = scan(member, 0, { stops: ':.|#@', fail })
    const named = member[colon] === ':'
    const path = named ? member.slice(colon + 1) : member
    const name = named ? unquoted(member.slice(0, colon)) : lastName(path)
    paths.push({ name, path: parseGjsonPath(path.trim(), fail, depth + 1) })
    at = end + 1
  }
  return { kind: 'several', as: part.startsWith('{') ? 'map' : 'list', paths }
}

const unquoted = (name: string): string => (name.startsWith('"') ? name.slice(1, -1) : name)
const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

function readName(part: string): GjsonPart {
  const pattern: (string | { any: '*' | '?' })[] = []
  let plain = ''
  for (let at = 0; at < part.length; at += 1) {
    const character = part.charAt(at)
    if (character === '*' || character === '?') {
      if (plain !== '') pattern.push(plain)
      pattern.push({ any: character })
      plain = ''
      continue
    }
    if (character === '\\') at += 1
    plain += character === '\\' ? part.charAt(at) : character
  }
  if (pattern.length === 0) return { kind: 'name', name: plain }
  if (plain !== '') pattern.push(plain)
  return { kind: 'wildcard', pattern }
}
