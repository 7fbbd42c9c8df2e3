import { ActionTemplate, Origin } from '@sallyport/contracts'
import { z } from 'zod'

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)

/** One product of a vendor, as the catalog describes it. */
export const Service = z.strictObject({
  id: slug,
  name: z.string().min(1).max(60),
  provider: slug,
  /** A simple-icons slug; shown by clients that have the icon. */
  icon: slug,
  /** A workspace keeps at most one connection to it, so that agents may name the service instead. */
  singleton: z.boolean(),
  /** Where its credential may go. Empty: the owner says. */
  origins: z.array(Origin),
  documentation: z.url(),
  actions: z.array(ActionTemplate),
})
export type Service = z.infer<typeof Service>

/** Checks a service on its own and its parts against each other; throws with the path of what is wrong. */
export function parseService(value: z.input<typeof Service>): Service {
  const service = Service.parse(value)
  for (const action of service.actions) {
    for (const entry of action.allow) {
      if (!service.origins.includes(entry.origin)) {
        throw new Error(`${service.id}/${action.id}: ${entry.origin} is not among the origins`)
      }
    }
  }
  return service
}
