import { type Data, type DataObject, isList, isObject } from '../read-document.ts'
import { quoteName } from '../refuse-document.ts'

/** What a reference leads to, or why it leads nowhere. */
export type Followed =
  | { readonly value: Data; readonly pointer: string | undefined; readonly fault?: undefined }
  | { readonly value?: undefined; readonly pointer?: undefined; readonly fault: string }

/** The references of one document: within it alone, since nothing is fetched (S-41). */
export interface References {
  /** What a `$ref` names. The pointer is written one way for all spellings of it. */
  readonly lookUp: (ref: string) => Followed
  /** The value itself, or what its `$ref` leads to in the end. */
  readonly follow: (value: Data | undefined) => Followed
}

const hopsMax = 32

/** References that were looked up once are kept: large documents name the same few thousand times. */
export function createReferences(root: DataObject): References {
  const known = new Map<string, Followed>()

  const lookUp = (ref: string): Followed => {
    const before = known.get(ref)
    if (before !== undefined) return before
    const found = find(root, ref)
    known.set(ref, found)
    return found
  }

  const follow = (value: Data | undefined): Followed => {
    let at: Data | undefined = value
    let pointer: string | undefined
    for (let hops = 0; hops < hopsMax; hops += 1) {
      if (at === undefined) return { fault: 'It is missing.' }
      if (!isObject(at) || typeof at.$ref !== 'string') return { value: at, pointer }
      const found = lookUp(at.$ref)
      if (found.fault !== undefined) return found
      at = found.value
      pointer = found.pointer
    }
    return { fault: 'Its $ref leads to itself.' }
  }

  return { lookUp, follow }
}

/** JSON Pointer in a fragment (RFC 6901 §6). */
function find(root: DataObject, ref: string): Followed {
  if (ref !== '#' && !ref.startsWith('#/')) {
    return {
      fault: `The $ref ${quoteName(ref)} leads out of the document, and nothing is fetched.`,
    }
  }
  const nowhere = { fault: `The $ref ${quoteName(ref)} leads nowhere.` }
  const tokens = readTokens(ref)
  if (tokens === undefined) return nowhere
  let at: Data | undefined = root
  for (const token of tokens) {
    if (isList(at)) at = /^(?:0|[1-9]\d{0,8})$/.test(token) ? at[Number(token)] : undefined
    else at = isObject(at) ? at[token] : undefined
    if (at === undefined) return nowhere
  }
  return { value: at, pointer: writePointer(tokens) }
}

function readTokens(ref: string): readonly string[] | undefined {
  if (ref === '#') return []
  try {
    return decodeURIComponent(ref.slice(2))
      .split('/')
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  } catch {
    return undefined
  }
}

const writePointer = (tokens: readonly string[]): string =>
  ['#', ...tokens.map((token) => encodeURIComponent(escapeToken(token)))].join('/')

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

/** The last part of a pointer: what the schema is called. */
export const lastToken = (pointer: string): string => readTokens(pointer)?.at(-1) ?? ''
