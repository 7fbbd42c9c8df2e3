import { type CustomKind, expandSensitiveNames, type SensitiveName } from '@sallyport/contracts'
import { compileExpression } from './compile-expression.ts'

/** Where something sensitive stands, in UTF-16 units. `kind` is one of `sensitiveKinds` or an owner's own. */
export interface Finding {
  readonly kind: string
  readonly start: number
  readonly end: number
}

/**
 * Finds sensitive data in text. `beside` is the name of the member that holds the text, where there is one (`ssn`,
 * `dateOfBirth`, `api_key`): numbers that look like any other are found only beside words that say what they are.
 */
export interface SensitiveFinder {
  has(text: string, beside?: string): boolean
  /** In order, not overlapping: of two that overlap the longer one, of equal ones the first of the kinds. */
  find(text: string, beside?: string): readonly Finding[]
  /** Each finding becomes `[redacted:<kind>]`; `count` says how many. The same text back where there is none. */
  redact(text: string, beside?: string): { readonly text: string; readonly count: number }
}

const first: Readonly<Record<string, RegExp>> = {
  email: /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g,
  us_ssn: /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])/g,
}

/** Compiles the finder of these kinds and groups, and of an owner's own. Throws as `compileExpression` does. */
export function compileSensitive(
  names: readonly SensitiveName[],
  custom: readonly CustomKind[] = [],
): SensitiveFinder {
  const own = custom.map(({ name, pattern }) => ({ name, expression: compileExpression(pattern) }))
  const kinds = expandSensitiveNames(names)
  const find = (text: string): readonly Finding[] => {
    const found: Finding[] = []
    for (const kind of kinds) {
      const pattern = first[kind]
      if (pattern === undefined) continue
      for (const match of text.matchAll(pattern)) {
        found.push({ kind, start: match.index, end: match.index + match[0].length })
      }
    }
    for (const { name, expression } of own) {
      for (const at of expression.find(text)) found.push({ kind: name, ...at })
    }
    const longestFirst = found.sort((a, b) => b.end - b.start - (a.end - a.start))
    const kept: Finding[] = []
    for (const one of longestFirst) {
      if (kept.every((other) => one.end <= other.start || one.start >= other.end)) kept.push(one)
    }
    return kept.sort((a, b) => a.start - b.start)
  }
  return {
    has: (text) => find(text).length > 0,
    find,
    redact(text) {
      const found = find(text)
      if (found.length === 0) return { text, count: 0 }
      let redacted = ''
      let at = 0
      for (const { kind, start, end } of found) {
        redacted += `${text.slice(at, start)}[redacted:${kind}]`
        at = end
      }
      return { text: redacted + text.slice(at), count: found.length }
    },
  }
}
