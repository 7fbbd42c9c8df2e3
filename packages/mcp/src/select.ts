import { Problem } from '@sallyport/contracts'

/** A member's name, an item's index, or every item. */
export type Step = string | number | typeof everyItem
export const everyItem = Symbol('every item')

const pathCharsMax = 500
const stepsMax = 32
const namesShownMax = 20

/**
 * Parses a path such as `items[].snippet.title`, `items[0]`, `["odd.name"]`; a leading `$` is allowed.
 * @throws Problem `invalid-input`
 */
export function parseSelect(path: string): readonly Step[] {
  const steps: Step[] = []
  let rest = path.trim().replace(/^\$(?=[.[]|$)/, '')
  if (rest.length > pathCharsMax) throw badPath(`is longer than ${pathCharsMax} characters`)
  while (rest !== '') {
    const match = takeStep(rest, steps.length === 0)
    if (match === undefined) throw badPath(`cannot be read from “${rest.slice(0, 40)}” on`)
    steps.push(match.step)
    rest = rest.slice(match.length)
    if (steps.length > stepsMax) throw badPath(`has more than ${stepsMax} steps`)
  }
  return steps
}

function takeStep(rest: string, first: boolean): { step: Step; length: number } | undefined {
  const name = (first ? /^\.?([^.[\]]+)/ : /^\.([^.[\]]+)/).exec(rest)
  if (name?.[1] !== undefined) return { step: name[1], length: name[0].length }
  const every = /^\.?\[\*?\]/.exec(rest)
  if (every !== null) return { step: everyItem, length: every[0].length }
  const index = /^\.?\[(\d{1,9})\]/.exec(rest)
  if (index?.[1] !== undefined) return { step: Number(index[1]), length: index[0].length }
  const quoted = /^\.?\[(?:"([^"]*)"|'([^']*)')\]/.exec(rest)
  const text = quoted?.[1] ?? quoted?.[2]
  if (quoted !== null && text !== undefined) return { step: text, length: quoted[0].length }
  return undefined
}

const badPath = (why: string) =>
  new Problem('invalid-input', `The argument select ${why}.`, {
    next: 'Write names and indexes, such as items[].id, items[0].name or ["odd.name"]; nothing was sent.',
    fields: [{ field: 'select', message: why }],
  })

/** What was selected, or what there is instead. */
export type Selection = { readonly value: unknown } | { readonly missing: string }

/** Takes the part of a JSON value that the steps name. Under `[]` an item without the member gives null. */
export function selectPart(value: unknown, steps: readonly Step[]): Selection {
  let current = value
  for (const [position, step] of steps.entries()) {
    if (step === everyItem) {
      if (!Array.isArray(current)) return { missing: describe(current) }
      const after = steps.slice(position + 1)
      return {
        value: current.map((item) => {
          const part = selectPart(item, after)
          return 'value' in part ? part.value : null
        }),
      }
    }
    const next = stepInto(current, step)
    if (next === undefined) return { missing: describe(current) }
    current = next
  }
  return { value: current }
}

function stepInto(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined
  const name = String(step)
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

/** What a value is, in a few words: enough to write a path. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) {
    const inside = value.length === 0 ? '' : `, the first ${describe(value[0])}`
    return `an array of ${value.length}${inside}`
  }
  if (typeof value !== 'object' || value === null)
    return value === null ? 'null' : `a ${typeof value}`
  const names = Object.entries(value).map(([name, member]) =>
    Array.isArray(member) ? `${name}[${member.length}]` : name,
  )
  if (names.length === 0) return 'an empty object'
  const more = names.length > namesShownMax ? `, and ${names.length - namesShownMax} more` : ''
  return `an object with ${names.slice(0, namesShownMax).join(', ')}${more}`
}
