import { type ArgumentValue, isObject } from './argument-value.ts'
import { refuseArgument } from './refuse-arguments.ts'

// OpenAPI 3.1.1 §4.8.12 (style values) by way of RFC 6570 §3.2: one value as text, list or pairs. What is undefined there
// (null, an empty list, an empty object) leaves its place out; what lies deeper than styles reach is written as JSON.

/** The most pairs that one argument becomes. */
const pairsMax = 1000
const depthMax = 16

type Shape =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, string])[] }

/** A value in the words of RFC 6570; undefined where that has none for it. */
export function shapeOf(value: ArgumentValue | undefined): Shape | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) {
    const items = value.filter((item) => item !== null).map(textOf)
    return items.length === 0 ? undefined : { kind: 'list', items }
  }
  if (isObject(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]): [string, string] => [name, textOf(member)])
    return members.length === 0 ? undefined : { kind: 'object', members }
  }
  return { kind: 'text', text: textOf(value) }
}

/** Text as it stands, numbers and truth values as JSON writes them, anything else as JSON. */
export const textOf = (value: ArgumentValue): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

type Encode = (text: string) => string

/** `simple` with an encoding of its own: in headers there is none. */
export function writeSimple(
  shape: Shape,
  { explode, encode }: { readonly explode: boolean; readonly encode: Encode },
): string {
  if (shape.kind === 'text') return encode(shape.text)
  if (shape.kind === 'list') return shape.items.map(encode).join(',')
  const equals = explode ? '=' : ','
  return shape.members.map(([name, text]) => `${encode(name)}${equals}${encode(text)}`).join(',')
}

interface PathStyle {
  readonly style: 'simple' | 'label' | 'matrix'
  readonly explode: boolean
  readonly name: string
  readonly encode: Encode
}

/** A value in a path. */
export function writePathStyle(shape: Shape, options: PathStyle): string {
  const { style, explode, encode } = options
  if (style === 'simple') return writeSimple(shape, options)
  if (style === 'matrix') return writeMatrix(shape, options)
  if (shape.kind === 'text') return `.${encode(shape.text)}`
  const separator = explode ? '.' : ','
  if (shape.kind === 'list') return `.${shape.items.map(encode).join(separator)}`
  const equals = explode ? '=' : ','
  const members = shape.members.map(([name, text]) => `${encode(name)}${equals}${encode(text)}`)
  return `.${members.join(separator)}`
}

function writeMatrix(shape: Shape, { explode, name, encode }: PathStyle): string {
  const pair = (key: string, text: string): string =>
    text === '' ? `;${encode(key)}` : `;${encode(key)}=${encode(text)}`
  if (shape.kind === 'text') return pair(name, shape.text)
  if (!explode) return `;${encode(name)}=${writeSimple(shape, { explode, encode })}`
  if (shape.kind === 'list') return shape.items.map((item) => pair(name, item)).join('')
  return shape.members.map(([key, text]) => pair(key, text)).join('')
}

/** One name and value, encoded. `spilled` is the name that a member of an argument gave, as it was before. */
export interface Pair {
  readonly name: string
  readonly value: string
  readonly spilled?: string | undefined
}

export interface PairStyle {
  readonly name: string
  readonly style: 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject'
  readonly explode: boolean
  readonly encodeName: Encode
  readonly encode: Encode
}

/** RFC 6570 leaves a comma as it is; the other two are no characters of a URL (OpenAPI 3.1.1, Appendix C). */
const delimiters = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' } as const

/**
 * A value as names and values of a query, a form or cookies.
 * @throws Problem `invalid-arguments` where it would become too many of them, or is nested too deeply
 */
export function writePairs(
  value: ArgumentValue | undefined,
  { path, ...options }: PairStyle & { readonly path: readonly string[] },
): readonly Pair[] {
  const pairs =
    options.style === 'deepObject' ? writeDeep(value, options, path) : writeFlat(value, options)
  if (pairs.length > pairsMax) refuseArgument(path, `holds more than ${pairsMax} values`)
  return pairs
}

function writeFlat(value: ArgumentValue | undefined, options: PairStyle): readonly Pair[] {
  const shape = shapeOf(value)
  if (shape === undefined) return []
  const { style, explode, encode, encodeName } = options
  const name = encodeName(options.name)
  if (shape.kind === 'text') return [{ name, value: encode(shape.text) }]
  if (explode) {
    if (shape.kind === 'list') return shape.items.map((item) => ({ name, value: encode(item) }))
    return shape.members.map(([key, text]) => ({
      name: encodeName(key),
      value: encode(text),
      spilled: key,
    }))
  }
  const parts = shape.kind === 'list' ? shape.items : shape.members.flat()
  const delimiter = style === 'deepObject' ? ',' : delimiters[style]
  return [{ name, value: parts.map(encode).join(delimiter) }]
}

/**
 * `a[b]=c`, and deeper as vendors do who nest what OpenAPI leaves undefined: `a[b][c]=d`, lists by index `a[0][b]=c`.
 */
function writeDeep(
  value: ArgumentValue | undefined,
  { name, encode, encodeName }: PairStyle,
  path: readonly string[],
): readonly Pair[] {
  const pairs: Pair[] = []
  const write = (one: ArgumentValue | undefined, key: string, depth: number): void => {
    if (one === undefined || one === null) return
    if (depth > depthMax) refuseArgument(path, `is nested deeper than ${depthMax}`)
    if (pairs.length > pairsMax) return
    if (Array.isArray(one)) {
      for (const [at, item] of one.entries()) write(item, `${key}[${at}]`, depth + 1)
    } else if (isObject(one)) {
      for (const [member, inner] of Object.entries(one))
        write(inner, `${key}[${member}]`, depth + 1)
    } else {
      pairs.push({ name: encodeName(key), value: encode(textOf(one)) })
    }
  }
  write(value, name, 0)
  return pairs
}
