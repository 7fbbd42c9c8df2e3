import type { AllowEntry } from '@sallyport/contracts'
import { originsMeet, pathsMeet } from './overlap.ts'
import type { Service } from './schema.ts'

/** Hosts that would belong to two providers, and requests that would belong to two services. */
export function faultsOfOverlaps(services: readonly Service[]): string[] {
  return services.flatMap((one, at) =>
    services.slice(at + 1).flatMap((other) => {
      const shared = sharedOrigin(one, other)
      if (shared === undefined) return []
      if (one.provider !== other.provider) {
        return [`${one.id} and ${other.id}: ${shared} would belong to two providers.`]
      }
      return faultsOfRequests(one, other)
    }),
  )
}

const originsOf = ({ origins, originPattern }: Service): readonly string[] =>
  originPattern === undefined ? origins : [...origins, originPattern.pattern]

const sharedOrigin = (one: Service, other: Service): string | undefined =>
  originsOf(one).find((origin) => originsOf(other).some((theirs) => originsMeet(origin, theirs)))

function faultsOfRequests(one: Service, other: Service): string[] {
  return one.actions.flatMap((action) =>
    other.actions.flatMap((theirs) => {
      const shared = action.allow
        .flatMap((entry) => theirs.allow.map((their) => sharedRequest(entry, their)))
        .find((request) => request !== undefined)
      return shared === undefined
        ? []
        : [`${action.id} and ${theirs.id}, of two services, both allow ${shared}.`]
    }),
  )
}

function sharedRequest(one: AllowEntry, other: AllowEntry): string | undefined {
  if (!originsMeet(one.origin, other.origin)) return undefined
  const method = one.methods.find((name) => other.methods.includes(name))
  const path = one.paths.find((path) => other.paths.some((theirs) => pathsMeet(path, theirs)))
  return method === undefined || path === undefined ? undefined : `${method} ${path}`
}
