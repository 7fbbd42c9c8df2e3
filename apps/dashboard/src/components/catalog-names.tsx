import { catalog } from '../catalog.ts'

/** What the catalog calls a service; its id where it knows none. */
export const ServiceName = ({ service }: { service: string }) =>
  catalog.findService(service)?.name ?? service

/** What the catalog calls an action, with its service; its id where the catalog does not know it. */
export function ActionName({ actionTemplateId }: { actionTemplateId: string }) {
  const found = catalog.findAction(actionTemplateId)
  if (found === undefined) return <span className="font-mono">{actionTemplateId}</span>
  return `${found.service.name}: ${found.action.label}`
}
