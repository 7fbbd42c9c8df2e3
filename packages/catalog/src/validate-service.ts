import { originsMeet } from './overlap.ts'
import type { CredentialSlot, Provider, Service } from './schema.ts'
import { faultsOfLink, repeated } from './validate-links.ts'
import { parametersOf } from './validate-provider.ts'

/** What is wrong with a service by itself; its actions are looked at one by one. */
export function faultsOfService(service: Service, provider: Provider): string[] {
  const { id, actions, credentials } = service
  const faults = faultsOfLink(id, 'documentation', service.documentation)
  if (credentials.length === 0) {
    const what = actions.length === 0 ? 'a service' : 'a service with actions'
    faults.push(`${id}: ${what} has a credential slot.`)
  }
  for (const label of repeated(actions.map((action) => action.label))) {
    faults.push(`${id}: two actions have the label ${label}.`)
  }
  return [
    ...faults,
    ...faultsOfOrigins(service),
    ...faultsOfProbe(service),
    ...faultsOfHeaders(service),
    ...repeated(credentials.map(nameOf)).map((name) => `${id}: two credential slots are ${name}.`),
    ...credentials.flatMap((slot) =>
      faultsOfSlot(`${id}: the slot ${nameOf(slot)}`, slot, provider),
    ),
  ]
}

const nameOf = (slot: CredentialSlot): string => {
  if (slot.kind === 'header' || slot.kind === 'query') return `${slot.kind} ${slot.name}`
  return slot.kind === 'several' ? `several (${slot.parts.map(placeOf).join(', ')})` : slot.kind
}

/** Where one of several keys goes. */
const placeOf = (part: Extract<CredentialSlot, { kind: 'several' }>['parts'][number]): string =>
  part.kind === 'bearer' ? 'header authorization' : `${part.kind} ${part.name.toLowerCase()}`

function faultsOfOrigins({ id, origins, originPattern }: Service): string[] {
  const faults: string[] = []
  if (origins.length === 0 && originPattern === undefined) {
    faults.push(`${id}: it has neither origins nor originPattern.`)
  }
  for (const origin of [
    ...origins,
    ...(originPattern === undefined ? [] : [originPattern.pattern]),
  ]) {
    if (!origin.startsWith('https://')) faults.push(`${id}: the origin ${origin} is not https.`)
  }
  for (const origin of repeated(origins)) faults.push(`${id}: the origin ${origin} stands twice.`)
  if (originPattern === undefined) return faults
  const { pattern, example } = originPattern
  if (!pattern.includes('*')) faults.push(`${id}: originPattern.pattern has no *; it is an origin.`)
  if (!originsMeet(pattern, example)) {
    faults.push(`${id}: originPattern.example ${example} does not fit ${pattern}.`)
  }
  if (/^https:\/\/(.*\.)?[^.]*\*[^.]*(\.[^.]*)?$/.test(pattern)) {
    faults.push(`${id}: originPattern.pattern ${pattern} leaves open whose domain it is.`)
  }
  for (const origin of origins) {
    if (originsMeet(pattern, origin)) {
      faults.push(`${id}: the origin ${origin} fits originPattern.pattern already.`)
    }
  }
  return faults
}

function faultsOfProbe({ id, origins, probe, credentials }: Service): string[] {
  if (probe === undefined) return []
  const faults: string[] = []
  if (probe.origin !== undefined && !origins.includes(probe.origin)) {
    faults.push(`${id}: the probe’s origin ${probe.origin} is not among the origins.`)
  }
  const [path = ''] = probe.path.split('?')
  if (/[#\\]|%25|%5c/i.test(probe.path) || isCrooked(path)) {
    faults.push(`${id}: the probe’s path ${probe.path} is none that is sent.`)
  }
  const placeholders = credentials.map((slot) =>
    slot.kind === 'path' ? slot.placeholder : undefined,
  )
  for (const name of parametersOf(probe.path)) {
    if (placeholders.includes(name)) continue
    faults.push(`${id}: the probe’s path names {${name}}, which is no placeholder of a slot.`)
  }
  const missing = placeholders.find(
    (name) => name !== undefined && !parametersOf(path).includes(name),
  )
  if (missing !== undefined) {
    faults.push(`${id}: the probe’s path has no place for the credential: {${missing}}.`)
  }
  return faults
}

/** Whether a path has an empty segment before its end, or one of dots: no request with one is taken. */
export const isCrooked = (path: string): boolean =>
  !path.startsWith('/') || /\/\/|\/\.\.?(;|\/|$)|\/;/.test(path)

const neverExtra = new Set(['authorization', 'cookie', 'set-cookie', 'host', 'content-length'])

function faultsOfHeaders({ id, requestHeaders, responseHeaders }: Service): string[] {
  const lists = { requestHeaders, responseHeaders }
  return Object.entries(lists).flatMap(([field, names]) => [
    ...repeated(names).map((name) => `${id}: ${field} names ${name} twice.`),
    ...names
      .filter((name) => neverExtra.has(name))
      .map((name) => `${id}: ${field} must not name ${name}.`),
  ])
}

function faultsOfSlot(of: string, slot: CredentialSlot, { id, oauth }: Provider): string[] {
  const faults: string[] = []
  if (slot.kind === 'oauth2' && oauth === undefined) {
    faults.push(`${of} needs oauth of the provider ${id}, which has none.`)
  }
  if ('url' in slot) faults.push(...faultsOfLink(of, 'url', slot.url))
  if (slot.kind === 'several') {
    for (const place of repeated(slot.parts.map(placeOf))) {
      faults.push(`${of} puts two keys into the ${place}.`)
    }
    for (const label of repeated(slot.parts.map((part) => part.label))) {
      faults.push(`${of} calls two keys ${label}.`)
    }
  }
  if ('scopes' in slot) {
    for (const scope of slot.scopes) {
      if (oauth !== undefined && Object.hasOwn(oauth.scopes, scope)) continue
      faults.push(`${of} names the scope ${scope}, which ${id} does not have.`)
    }
  }
  if ('tokenEndpoint' in slot) {
    const declared = oauth?.parameters.map(({ name }) => name) ?? []
    for (const name of parametersOf(slot.tokenEndpoint)) {
      if (declared.includes(name)) continue
      faults.push(`${of} names {${name}} in tokenEndpoint, which is no parameter of ${id}.`)
    }
  }
  return faults
}
