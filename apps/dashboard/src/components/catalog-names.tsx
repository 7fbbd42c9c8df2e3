import { actionNames, providerNames, serviceLooks } from '../catalog-names.ts'

/** Services that are no API of the catalog: what the vault runs or signs in to itself. */
const ownServices: Readonly<Record<string, string>> = {
  mcp: 'MCP server',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  sqlite: 'SQLite',
}

/** What the catalog calls a service; its id where it knows none. */
export const ServiceName = ({ service }: { service: string }) =>
  serviceLooks[service]?.name ?? ownServices[service] ?? service

/** What the catalog calls a provider; its id where an owner made it up. */
export const ProviderName = ({ provider }: { provider: string }) =>
  providerNames[provider] ?? provider

/** What the catalog calls an action, with its service; its id where the catalog does not know it. */
export function ActionName({ actionTemplateId }: { actionTemplateId: string }) {
  const found = actionNames[actionTemplateId]
  if (found === undefined) return <span className="font-mono">{actionTemplateId}</span>
  return found.join(': ')
}
