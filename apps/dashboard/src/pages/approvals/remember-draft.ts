import type { Remember, Rememberable } from '@sallyport/contracts'

// What an owner chooses when a yes is to count for more than one request.

export interface RememberDraft {
  readonly scope: Remember['scope']
  /** Names of the parts that have to say the same. */
  readonly fields: ReadonlySet<string>
  /** As it was typed. */
  readonly uses: string
  readonly minutes: number
}

const hour = 60
const day = 24 * hour

/** For how long, to choose from. */
export const spans = [
  { minutes: hour, label: '1 hour' },
  { minutes: 8 * hour, label: '8 hours' },
  { minutes: day, label: '1 day' },
  { minutes: 7 * day, label: '7 days' },
  { minutes: 30 * day, label: '30 days' },
  { minutes: 90 * day, label: '90 days' },
] as const

const usesAtFirst = 10
export const usesMax = 1_000
/** The most names that the contract takes. */
export const fieldsMax = 50

/** Begins narrow: with what says who or where held fast, or with the exact request where nothing says so. */
export function startRemember({ fields }: Rememberable): RememberDraft {
  const suggested = fields.filter((field) => field.suggested).slice(0, fieldsMax)
  return {
    scope: suggested.length > 0 ? 'fields' : 'exact',
    fields: new Set(suggested.map(({ name }) => name)),
    uses: String(usesAtFirst),
    minutes: day,
  }
}

/** The number of uses that was typed; undefined for what is none. */
export function usesOf({ uses }: RememberDraft): number | undefined {
  const count = Number(uses)
  return /^\d+$/.test(uses.trim()) && count >= 1 && count <= usesMax ? count : undefined
}

/** What is sent to the vault; undefined while something is not in order. */
export function rememberOf(draft: RememberDraft): Remember | undefined {
  const uses = usesOf(draft)
  const { scope, fields, minutes: expiresInMinutes } = draft
  if (uses === undefined || fields.size > fieldsMax) return undefined
  if (scope === 'exact') return { scope, uses, expiresInMinutes }
  return { scope, fields: [...fields], uses, expiresInMinutes }
}
