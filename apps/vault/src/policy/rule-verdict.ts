import type { CompiledRule } from './compile-rules.ts'
import type { Decision } from './decision.ts'

/** What one rule decided. */
export interface Decided {
  readonly rule: CompiledRule
  readonly outcome: Decision['outcome']
  /** Why it could not be otherwise, where the rule matches only since something cannot be read or taken out. */
  readonly why?: string
}

/** What the rules say together. */
export interface Ruled {
  /** Undefined: none of them decided. */
  readonly decided?: Decided
  readonly redaction?: NonNullable<Decision['redaction']>
}

/** A part of a rule, for whoever is told which of them did not hold. */
export type RulePart =
  | { readonly kind: 'method' | 'origin' | 'path' | 'tool' | 'sensitive' | 'all' }
  | { readonly kind: 'query' | 'body'; readonly where: string }
