import { layOutJson, Problem } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import { parseQuery } from '../execute/request-query.ts'
import { readBody } from '../policy/read-body.ts'

// What of a request an owner may fix, and what has to stay as it is whatever they fix: its shape. Where anything could be read in
// two ways, the request is not taken apart, and then nothing but the very same bytes is remembered.

/** A value that can be fixed. */
export interface RequestField {
  /** As people read it: `query.q`, `body.to[0]`. No two are called alike. */
  readonly name: string
  /** The last name of its path. */
  readonly noun: string
  /** As it stands in the request. */
  readonly text: string
}

export interface TakenApart {
  readonly fields: readonly RequestField[]
  /**
   * The tool, the caller’s own credential by its fingerprint, method, origin, path, headers, and every member of query and body with its
   * kind: all but the values. Parameters have their
   * order, since of two of one name a receiver may take the first or the last; members of JSON have none.
   */
  readonly shape: string
}

const fieldsMax = 200
const nameCharsMax = 200
const jsonLinesMax = 2_000
const bodyBytesMax = 256 * 1024
/** What differs from request to request and says nothing. */
const passedHeaders: ReadonlySet<string> = new Set(['content-length'])

interface Part extends RequestField {
  /** Names it for certain, which `name` does for people. */
  readonly key: string
}

/** Takes a request apart; undefined where that cannot be done for certain. */
export function takeRequestApart(
  request: Pick<
    FrozenRequest,
    'method' | 'origin' | 'path' | 'url' | 'headers' | 'body' | 'tool' | 'passed'
  >,
): TakenApart | undefined {
  const { method, origin, path, url, headers, body, tool, passed } = request
  const mark = url.indexOf('?')
  const query = takePairs('query', mark < 0 ? '' : url.slice(mark + 1))
  const members = body === undefined ? [] : takeBody(body, headers)
  if (query === undefined || members === undefined) return undefined
  const fields = [...query, ...members]
  const names = new Set(fields.map(({ name }) => name))
  if (names.size < fields.length || fields.length > fieldsMax) return undefined
  if (fields.some(({ name }) => !isPlain(name))) return undefined
  const shape = JSON.stringify([
    ...[method, origin, path, mark >= 0, body === undefined],
    headers.filter(([name]) => !passedHeaders.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    fields.map(({ key }) => key).toSorted(),
    // What was said to one tool says nothing of another one, nor of a request of the agent's own.
    ...(tool === undefined ? [] : [tool.toolId]),
    // Nor what was said to somebody acting as one account of what they do as another.
    ...(passed === undefined ? [] : [{ passed }]),
  ])
  return { fields, shape }
}

/** A name that a screen shows as it is. */
const isPlain = (name: string) =>
  name.length <= nameCharsMax && !/[\p{Cc}\p{Cf}\p{Surrogate}\ufffd]/u.test(name)

/**
 * Pairs by their decoded names and the count of each; undefined where they cannot be decoded, and where receivers cut them
 * differently.
 */
function takePairs(whole: 'query' | 'body', text: string): Part[] | undefined {
  if (text.includes(';')) return undefined
  const pieces = text.split('&').filter((piece) => piece !== '')
  const seen = new Map<string, number>()
  const names = createNames()
  try {
    return allOf(
      parseQuery(text).map(([name], at) => {
        const count = seen.get(name) ?? 0
        seen.set(name, count + 1)
        if (count === 0 && !names.add(name)) return undefined
        return {
          name: `${whole}.${count === 0 ? name : `${name}[${count}]`}`,
          noun: name,
          text: pieces[at] ?? '',
          key: JSON.stringify([whole, at, name]),
        }
      }),
    )
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

const allOf = (parts: readonly (Part | undefined)[]): Part[] | undefined =>
  parts.every((part) => part !== undefined) ? [...parts] : undefined

/** Names of one place. Some receivers do not tell capitals from small letters: which of two such names counts is up to them. */
function createNames() {
  const seen = new Set<string>()
  return {
    /** False for one that was there, however it was written. */
    add(name: string): boolean {
      const folded = name.toUpperCase().toLowerCase()
      if (seen.has(folded)) return false
      seen.add(folded)
      return true
    },
  }
}

/** What rules can read for certain alone: in another character set, say, the same bytes may have other members. */
function takeBody(body: Uint8Array, headers: FrozenRequest['headers']): Part[] | undefined {
  if (body.byteLength > bodyBytesMax) return undefined
  const read = readBody({ headers, body })
  if (read.kind === 'form') return takePairs('body', read.text)
  return read.kind === 'json' ? takeJson(read.text) : undefined
}

interface Open {
  readonly path: readonly (string | number)[]
  readonly isList: boolean
  readonly names: ReturnType<typeof createNames>
  count: number
}

/** The leaves, read off the lines in which JSON is laid out: numbers digit by digit, and no name given twice. */
function takeJson(text: string): Part[] | undefined {
  const layout = layOutJson(text, jsonLinesMax)
  if (layout === undefined || layout.isCut || layout.duplicates.length > 0) return undefined
  const parts: Part[] = []
  const open: Open[] = []
  for (const { text: line, path: name } of layout.lines) {
    const token = line.replace(/,$/, '')
    if (token === '}' || token === ']') {
      open.pop()
      continue
    }
    const parent = open.at(-1)
    const member = readMember(token, parent)
    if (member === undefined || name === undefined) return undefined
    const path = [...(parent?.path ?? []), ...member.step]
    if (member.value === '{' || member.value === '[') {
      open.push({ path, isList: member.value === '[', names: createNames(), count: 0 })
      continue
    }
    parts.push({
      name,
      noun: String(path.findLast((step) => typeof step === 'string') ?? ''),
      text: member.value,
      key: JSON.stringify(['body', kindOf(member.value), ...path]),
    })
  }
  return parts
}

function readMember(token: string, parent: Open | undefined) {
  if (parent === undefined) return { step: [], value: token }
  if (parent.isList) {
    parent.count += 1
    return { step: [parent.count - 1], value: token }
  }
  const [, name, value] = /^("(?:[^"\\]|\\.)*"): (.*)$/su.exec(token) ?? []
  if (name === undefined || value === undefined) return undefined
  const step = String(JSON.parse(name))
  return parent.names.add(step) ? { step: [step], value } : undefined
}

/** What sort of value it is: one that is fixed to none may be another of its sort, and not of another sort. */
function kindOf(value: string): string {
  if (value.startsWith('"')) return 'text'
  if (value === 'true' || value === 'false') return 'boolean'
  return value === 'null' || value === '[]' || value === '{}' ? value : 'number'
}
