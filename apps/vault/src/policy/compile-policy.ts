import type { HttpMethod, Limits, PolicyDocument } from '@sallyport/contracts'
import { type CompiledOriginPattern, compileOriginPattern } from './origin-pattern.ts'
import { type CompiledPathPattern, compilePathPattern } from './path-pattern.ts'
import { type CompiledWindow, compileWindow } from './time-window.ts'

/** A stored policy as the decision needs it. */
interface PolicySource {
  readonly id: string
  readonly version: number
  readonly document: PolicyDocument
}

interface CompiledEntry {
  readonly origin: CompiledOriginPattern
  readonly methods: ReadonlySet<string>
  readonly paths: readonly CompiledPathPattern[]
}

/** A policy made ready for `decide`. `limits` are read by whoever reserves them. */
export interface CompiledPolicy {
  readonly id: string
  readonly version: number
  readonly entries: readonly CompiledEntry[]
  readonly approval: PolicyDocument['approval']
  readonly limits: Readonly<Limits>
  readonly windows: readonly CompiledWindow[]
  /** Milliseconds since 1970; the policy is over at that instant. */
  readonly expiresAt: number | undefined
}

/** Compiles a policy once for many decisions. Pure; throws RangeError only for a time zone that Intl does not know. */
export function compilePolicy({ id, version, document }: PolicySource): CompiledPolicy {
  return Object.freeze({
    id,
    version,
    entries: document.allow.map((entry) => ({
      origin: compileOriginPattern(entry.origin),
      methods: new Set<HttpMethod>(entry.methods),
      paths: entry.paths.map(compilePathPattern),
    })),
    approval: document.approval,
    limits: Object.freeze({ ...document.limits }),
    windows: document.windows.map(compileWindow),
    expiresAt: document.expiresAt === undefined ? undefined : Date.parse(document.expiresAt),
  })
}
