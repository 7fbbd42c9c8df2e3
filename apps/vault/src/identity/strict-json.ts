// RFC 8259 read strictly, for what is signed: JSON.parse keeps the last of two equal members, so that two readers of
// one assertion could see two different subjects (S-05).

/** A number as it was written, so that `1.0` or `1e3` can be told from an integer. */
export interface JsonNumber {
  readonly literal: string
}
/** An object as a map: no prototype, so `__proto__` is a member like any other. */
export type JsonObject = ReadonlyMap<string, JsonValue>
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject

/** What a client assertion needs is flat; this leaves room for a claim with a structure and none for a stack overflow. */
const depthMax = 8

const space = /[ \t\n\r]*/y
const stringToken = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const wordToken = /true|false|null/y

interface Reader {
  /** Takes the token that stands here, after white space; undefined when another does. */
  take(token: RegExp): string | undefined
  /** Takes one of the structural characters. */
  takeCharacter(character: string): boolean
  readonly isAtEnd: () => boolean
}

function createReader(text: string): Reader {
  let position = 0
  const skipSpace = () => {
    space.lastIndex = position
    position += space.exec(text)?.[0].length ?? 0
  }
  return {
    take(token) {
      skipSpace()
      token.lastIndex = position
      const found = token.exec(text)?.[0]
      position += found?.length ?? 0
      return found
    },
    takeCharacter(character) {
      skipSpace()
      if (text[position] !== character) return false
      position += 1
      return true
    },
    isAtEnd() {
      skipSpace()
      return position === text.length
    },
  }
}

/**
 * Parses UTF-8 bytes as one JSON text. Undefined, never an exception, for anything that RFC 8259 does not allow, and
 * for what it leaves open: bytes that are not UTF-8, a byte order mark, a member twice at any depth, a string that is
 * not well-formed Unicode, nesting deeper than 8.
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue | undefined {
  const text = decodeUtf8(bytes)
  if (text === undefined) return undefined
  const reader = createReader(text)
  const value = readValue(reader, depthMax)
  return value !== undefined && reader.isAtEnd() ? value : undefined
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // The decoder throws for one reason only: these bytes are not UTF-8.
  }
}

function readValue(reader: Reader, depthLeft: number): JsonValue | undefined {
  if (reader.takeCharacter('{'))
    return depthLeft > 0 ? readObject(reader, depthLeft - 1) : undefined
  if (reader.takeCharacter('[')) return depthLeft > 0 ? readArray(reader, depthLeft - 1) : undefined
  const text = reader.take(stringToken)
  if (text !== undefined) return readString(text)
  const literal = reader.take(numberToken)
  if (literal !== undefined) return { literal }
  const word = reader.take(wordToken)
  return word === undefined ? undefined : word === 'null' ? null : word === 'true'
}

function readString(token: string): string | undefined {
  const text: unknown = JSON.parse(token)
  return typeof text === 'string' && !/\p{Surrogate}/u.test(text) ? text : undefined
}

function readObject(reader: Reader, depthLeft: number): JsonObject | undefined {
  const members = new Map<string, JsonValue>()
  if (reader.takeCharacter('}')) return members
  do {
    const token = reader.take(stringToken)
    const name = token === undefined ? undefined : readString(token)
    if (name === undefined || members.has(name) || !reader.takeCharacter(':')) return undefined
    const value = readValue(reader, depthLeft)
    if (value === undefined) return undefined
    members.set(name, value)
  } while (reader.takeCharacter(','))
  return reader.takeCharacter('}') ? members : undefined
}

function readArray(reader: Reader, depthLeft: number): JsonValue[] | undefined {
  const values: JsonValue[] = []
  if (reader.takeCharacter(']')) return values
  do {
    const value = readValue(reader, depthLeft)
    if (value === undefined) return undefined
    values.push(value)
  } while (reader.takeCharacter(','))
  return reader.takeCharacter(']') ? values : undefined
}

/** The members of a value that is an object. */
export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return value instanceof Map ? value : undefined
}

/** The value of a number that was written as an integer and is exact in a double. */
export function asInteger(value: JsonValue | undefined): number | undefined {
  if (value === null || typeof value !== 'object' || !('literal' in value)) return undefined
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(value.literal)) return undefined
  const number = Number(value.literal)
  return Number.isSafeInteger(number) ? number : undefined
}
