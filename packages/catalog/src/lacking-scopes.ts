import type { OAuthProvider } from './schema.ts'

/** What the catalog knows of how a provider's scopes go together. */
export type ScopeRules = Pick<OAuthProvider, 'scopePrefix' | 'scopeIncludes'>

/**
 * Those of the wanted scopes that the granted ones do not cover, in their order. A scope is covered by itself, by itself
 * behind the provider's prefix, and by a wider one that includes it.
 */
export function lackingScopes(
  wanted: readonly string[],
  granted: readonly string[],
  rules: ScopeRules | undefined,
): string[] {
  const prefix = rules?.scopePrefix ?? ''
  const plain = granted.map((scope) =>
    scope.startsWith(prefix) ? scope.slice(prefix.length) : scope,
  )
  const included = plain.flatMap((scope) =>
    rules !== undefined && Object.hasOwn(rules.scopeIncludes, scope)
      ? (rules.scopeIncludes[scope] ?? [])
      : [],
  )
  const covered = new Set([...granted, ...plain, ...included])
  return wanted.filter((scope) => !covered.has(scope))
}
