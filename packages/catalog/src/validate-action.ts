import type { ActionTemplate, AllowEntry } from '@sallyport/contracts'
import type { Provider, Service } from './schema.ts'
import { repeated } from './validate-links.ts'
import { isCrooked } from './validate-service.ts'

interface Surroundings {
  readonly service: Service
  readonly provider: Provider
}

/** What is wrong with an action template, in the light of its service and provider. */
export function faultsOfAction(action: ActionTemplate, around: Surroundings): string[] {
  return [
    ...action.allow.flatMap((entry) => faultsOfEntry(action, entry, around.service)),
    ...faultsOfMode(action),
    ...faultsOfScopes(action, around),
  ]
}

function faultsOfEntry({ id }: ActionTemplate, entry: AllowEntry, service: Service): string[] {
  const { origin, methods, paths } = entry
  const faults: string[] = []
  if (!service.origins.includes(origin) && origin !== service.originPattern?.pattern) {
    faults.push(`${id}: ${origin} is neither an origin nor the originPattern of ${service.id}.`)
  }
  if (entry.expiresAt !== undefined || entry.actionTemplateId !== undefined) {
    faults.push(`${id}: expiresAt and actionTemplateId are a policy’s to say.`)
  }
  for (const twice of [...repeated(methods), ...repeated(paths)]) {
    faults.push(`${id}: ${twice} stands twice in one entry.`)
  }
  for (const path of paths) {
    const fault = faultOfPath(path, service)
    if (fault !== undefined) faults.push(`${id}: the path ${path} ${fault}.`)
  }
  return faults
}

/** Why no request, or any request, would fit a path pattern. */
function faultOfPath(path: string, { allowEncodedSlash }: Service): string | undefined {
  if (path === '/**') return 'allows everything'
  if (isCrooked(path)) return 'holds an empty segment or one of dots, which no request may'
  if (/[{}]/.test(path)) return 'holds braces; * stands for what differs'
  if (/["<>`\\^|?#]|[^\x21-\x7e]/.test(path)) return 'holds a character that no path does'
  const encoded = path.match(/%.{0,2}/g) ?? []
  if (encoded.some((text) => !/^%2f$/i.test(text)))
    return 'holds a percent escape; write it plainly'
  if (encoded.length > 0 && !allowEncodedSlash) return 'holds %2F, which the service does not take'
  if (path.slice(0, -2).includes('**')) return 'holds ** elsewhere than at its end'
  return undefined
}

const changing = new Set(['PUT', 'PATCH', 'DELETE'])

function faultsOfMode({ id, allow, approval }: ActionTemplate): string[] {
  const isQuiet = (entry: AllowEntry) => (entry.approval ?? approval) === 'never'
  const faults = allow
    .filter((entry) => isQuiet(entry) && entry.methods.some((method) => changing.has(method)))
    .map(() => `${id}: it changes things and no owner is asked.`)
  const writes = allow.some(({ methods }) => methods.some((m) => m !== 'GET' && m !== 'HEAD'))
  if (approval === 'writes' && !writes) {
    faults.push(`${id}: it asks for writes and has none.`)
  }
  return faults
}

const scopedKinds = new Set(['oauth2', 'oauth2-client-credentials', 'jwt-service-account'])

function faultsOfScopes({ id, scopes = [] }: ActionTemplate, around: Surroundings): string[] {
  const { service, provider } = around
  const { oauth } = provider
  const faults = repeated(scopes).map((scope) => `${id}: the scope ${scope} stands twice.`)
  for (const scope of scopes) {
    if (oauth !== undefined && Object.hasOwn(oauth.scopes, scope)) continue
    faults.push(`${id}: there is no scope ${scope} in oauth.scopes of ${provider.id}.`)
  }
  if (scopes.length > 0 && !service.credentials.some(({ kind }) => scopedKinds.has(kind))) {
    faults.push(`${id}: it needs scopes, and no slot of ${service.id} is oauth2.`)
  }
  const slot = service.credentials.find(({ kind }) => kind === 'oauth2')
  if (oauth === undefined || slot === undefined || slot.kind !== 'oauth2') return faults
  const asked = [...scopes, ...slot.scopes, ...oauth.baseScopes]
  if (asked.length === 0 && Object.keys(oauth.scopes).length > 0) {
    faults.push(`${id}: an account that is connected for it would have no scope at all.`)
  }
  return faults
}
