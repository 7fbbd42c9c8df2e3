import { pathsMeet } from '../overlap.ts'
import type { Service } from '../schema.ts'
import { faultsOfLink, repeated } from '../validate-links.ts'
import type { ModelMeter } from './model-meter.ts'

/**
 * What is wrong with what is known of models: one sentence for each fault. Each is about a service of the catalog, once; every
 * write that an action allows there is counted in one way, or known to cost nothing; every price can be reached, has a
 * day, and is no less than that of what is cached; every link is https.
 */
export function faultsOfMeters(
  meters: readonly ModelMeter[],
  services: readonly Service[],
): string[] {
  return [
    ...repeated(meters.map(({ service }) => service)).map(
      (service) => `${service}: it is counted in two ways.`,
    ),
    ...meters.flatMap((meter) => {
      const service = services.find(({ id }) => id === meter.service)
      if (service === undefined) return [`${meter.service}: there is no such service.`]
      return [
        ...faultsOfLink(meter.service, 'documentation', meter.documentation),
        ...faultsOfLink(meter.service, 'pricing', meter.pricing),
        ...faultsOfPaths(meter, service),
        ...faultsOfPrices(meter),
      ]
    }),
  ]
}

function faultsOfPaths({ service: id, endpoints }: ModelMeter, { actions }: Service): string[] {
  const counted = endpoints.flatMap(({ paths }) => paths)
  const faults: string[] = []
  for (const [at, path] of counted.entries()) {
    for (const other of counted.slice(at + 1)) {
      if (pathsMeet(path, other)) faults.push(`${id}: ${path} and ${other} can be one path.`)
    }
  }
  const written = actions
    .flatMap(({ allow }) => allow)
    .filter(({ methods }) => methods.some((method) => method !== 'GET' && method !== 'HEAD'))
    .flatMap(({ paths }) => paths)
  for (const path of new Set(written)) {
    if (counted.includes(path)) continue
    faults.push(`${id}: an action allows writes to ${path}, which are not counted.`)
  }
  for (const path of counted) {
    if (!written.includes(path)) faults.push(`${id}: no action allows writes to ${path}.`)
  }
  return faults
}

function faultsOfPrices({ service: id, prices }: ModelMeter): string[] {
  const faults: string[] = []
  for (const [at, price] of prices.entries()) {
    const hiding = prices.slice(0, at).find(({ models }) => hides(models, price.models))
    if (hiding !== undefined) {
      faults.push(
        `${id}: the price of ${price.models} is never reached: ${hiding.models} is first.`,
      )
    }
    if ((price.cachedInput ?? 0) > price.input) {
      faults.push(`${id}: what is cached costs more than input with ${price.models}.`)
    }
  }
  return faults
}

/** Does all that fits the second pattern fit the first? Told by its letters, with a star for a letter that no model has. */
function hides(one: string, other: string): boolean {
  return matchesModel(one, other.replaceAll('*', '\u0000'))
}

/** Does a model's name fit a pattern, in which `*` stands for any run? In linear time, without regard to capitals. */
export function matchesModel(pattern: string, model: string): boolean {
  const text = model.toLowerCase()
  const [first = '', ...rest] = pattern.toLowerCase().split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
