import { catalog } from '../../catalog.ts'
import { ScopeList } from '../../components/connect/scope-list.tsx'

interface AskedScopesProps {
  readonly provider: string
  readonly scopes: readonly string[]
}

/** Scopes in the words of the catalog, or as they are. */
export function AskedScopes({ provider, scopes }: AskedScopesProps) {
  if (scopes.length === 0) return 'Nothing in particular'
  return <ScopeList scopes={scopes} provider={catalog.findProvider(provider)} />
}
