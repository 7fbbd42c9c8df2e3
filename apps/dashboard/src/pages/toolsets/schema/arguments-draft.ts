import type { SchemaField } from './schema-shape.ts'

// The arguments of a tool while they are being written: what was typed, by the path of its field.

export type Typed = Readonly<Record<string, string>>
export type Faults = Readonly<Record<string, string>>

/** The key of a field: its path in one piece, whatever the names hold. */
export const keyOf = (path: readonly string[]): string => path.map(encodeURIComponent).join('.')

interface Read {
  readonly value: Record<string, unknown>
  readonly faults: Faults
}

/** What was typed as arguments, and what is wrong with it; what is empty is left out. */
export function argumentsOf(fields: readonly SchemaField[], typed: Typed): Read {
  const members: [string, unknown][] = []
  const faults: Record<string, string> = {}
  for (const field of fields) {
    const name = field.path.at(-1) ?? ''
    const read = readField(field, typed)
    if ('faults' in read) Object.assign(faults, read.faults)
    if (read.value !== undefined) members.push([name, read.value])
  }
  return { value: Object.fromEntries(members), faults }
}

function readField(field: SchemaField, typed: Typed): { value?: unknown; faults?: Faults } {
  const { shape, path, required } = field
  const key = keyOf(path)
  if (shape.kind === 'group') {
    const inner = argumentsOf(shape.fields, typed)
    const isGiven = Object.keys(inner.value).length > 0
    // Of an object that is not given nothing is missing.
    return isGiven || required ? inner : {}
  }
  const text = typed[key] ?? ''
  if (text.trim() === '') return required ? { faults: { [key]: 'It must be given.' } } : {}
  try {
    return { value: readValue(shape, text) }
  } catch (fault) {
    return { faults: { [key]: fault instanceof Unreadable ? fault.message : 'It must be JSON.' } }
  }
}

/** What was typed is not what the field is for; the message says what it must be. */
class Unreadable extends Error {}

function readValue(shape: SchemaField['shape'], text: string): unknown {
  switch (shape.kind) {
    case 'text':
      return text
    case 'boolean':
      return text === 'true'
    case 'number':
      return readNumber(text, shape)
    case 'choice':
      return shape.options[Number(text)]
    case 'list':
      return readLines(text, shape.item)
    default:
      return JSON.parse(text)
  }
}

function readNumber(
  text: string,
  { isWhole, orDigits = false }: Extract<SchemaField['shape'], { kind: 'number' }>,
): number | string {
  const number = Number(text)
  // Read as a number it would lose digits, and name another thing.
  if (orDigits && Number.isInteger(number) && !Number.isSafeInteger(number)) return text.trim()
  if (isWhole && !Number.isInteger(number)) throw new Unreadable('It must be a whole number.')
  if (!Number.isFinite(number)) throw new Unreadable('It must be a number.')
  return number
}

function readLines(text: string, item: 'text' | 'number'): unknown[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (item === 'text') return lines
  return lines.map((line, index) => {
    const number = Number(line)
    if (!Number.isFinite(number)) throw new Unreadable(`Line ${index + 1} must be a number.`)
    return number
  })
}
