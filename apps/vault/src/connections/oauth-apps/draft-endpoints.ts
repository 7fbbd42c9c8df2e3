import type { Provider } from '@sallyport/catalog'
import { type FieldFault, type InputOf, Problem, type updateOAuthApp } from '@sallyport/contracts'
import type { MayUseOrigin } from '../check-connection.ts'
import { refuse } from './field-faults.ts'
import type { OAuthAppsNeeds } from './oauth-apps-needs.ts'
import { endpointNames } from './place-of.ts'
import { endpointsOf } from './resolve-client.ts'
import type { GivenEndpoints, OwnServer, SealedApp } from './sealed-app.ts'

/** What an owner says of a client; of one that is changed, what is to be changed. */
export type AppWish = Omit<InputOf<typeof updateOAuthApp>, 'oauthAppId' | 'name'>

type Before = Partial<Pick<SealedApp, 'parameters' | 'own'>>

/**
 * The parameters of a provider of the catalog. Its endpoints are the catalog's alone: a secret for Google goes to Google. Who
 * has a host of their own gives it as a parameter where the catalog has one, or keeps a provider of their own.
 * @throws Problem invalid-input, origin-not-allowed
 */
export function endpointsFromCatalog(
  { mayUseOrigin }: Pick<OAuthAppsNeeds, 'mayUseOrigin'>,
  {
    provider: { name, oauth },
    wish,
    before,
  }: { readonly provider: Provider; readonly wish: AppWish; readonly before: Before },
): Record<string, string> {
  if (oauth === undefined) return {}
  const needless = endpointNames.filter((field) => wish[field] !== undefined)
  refuse(
    needless.map((field) => ({ field, message: `must be left out: the catalog knows ${name}` })),
    `For another server than ${name}'s own keep an OAuth app under a provider name of your own.`,
  )
  const parameters = { ...before.parameters, ...wish.parameters }
  const faults: FieldFault[] = []
  const names = oauth.parameters.map((parameter) => parameter.name)
  for (const given of Object.keys(parameters)) {
    if (names.includes(given)) continue
    const message = names.length === 0 ? 'must be left out' : `must be ${names.join(' or ')}`
    faults.push({ field: `parameters.${given}`, message })
  }
  for (const { name: wanted, label, example, fallback } of oauth.parameters) {
    if (parameters[wanted] !== undefined || fallback !== undefined) continue
    faults.push({
      field: `parameters.${wanted}`,
      message: `must be given: ${label}, such as ${example}`,
    })
  }
  refuse(faults)
  const { issuer: _issuer, ...endpoints } = endpointsOf(oauth, parameters)
  // `..` and the like would lead to another path, and capitals to another spelling of the host.
  const isRepaired = Object.values(endpoints).some(
    (url) => !URL.canParse(url) || new URL(url).href !== url,
  )
  if (isRepaired) {
    const field = `parameters.${Object.keys(parameters)[0] ?? names[0]}`
    refuse([{ field, message: 'must fit into a URL as it stands, in lower case' }])
  }
  checkPlaces(endpoints, mayUseOrigin)
  return parameters
}

/**
 * Where a provider of the owner's own is: as they say, and for the rest as its metadata say.
 * @throws Problem invalid-input, origin-not-allowed, provider-refused, provider-unavailable
 */
export async function ownEndpoints(
  { mayUseOrigin, readMetadata }: Pick<OAuthAppsNeeds, 'mayUseOrigin' | 'readMetadata'>,
  wish: AppWish,
  before: Before,
): Promise<{
  own: NonNullable<SealedApp['own']>
  clientAuthentications: readonly string[] | undefined
}> {
  if (wish.parameters !== undefined && Object.keys(wish.parameters).length > 0) {
    refuse([{ field: 'parameters', message: 'must be left out for a provider of your own' }])
  }
  const named = endpointNames.filter((name) => wish[name] !== undefined)
  // Read once, when a person looks: what a server says later leads no secret elsewhere.
  if (named.length === 0 && before.own !== undefined) {
    return { own: before.own, clientAuthentications: undefined }
  }
  const given: GivenEndpoints = { ...before.own?.given }
  for (const name of named) given[name] = wish[name]
  checkPlaces(given, mayUseOrigin)
  if (given.issuer !== undefined) refuse(faultsOfIssuer(given.issuer))
  const { issuer, authorizationEndpoint, tokenEndpoint } = given
  if (issuer !== undefined) {
    const read = await readMetadata({ ...given, issuer })
    checkPlaces(read.server, mayUseOrigin)
    return {
      own: { given, server: read.server },
      clientAuthentications: read.clientAuthentications,
    }
  }
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) {
    const field = authorizationEndpoint === undefined ? 'authorizationEndpoint' : 'tokenEndpoint'
    refuse(
      [{ field, message: 'must be given where no issuer is' }],
      'Give the issuer, whose metadata are then read, or both endpoints.',
    )
  }
  const server: OwnServer = {
    ...given,
    authorizationEndpoint: authorizationEndpoint ?? '',
    tokenEndpoint: tokenEndpoint ?? '',
    sendsIssuer: false,
    baseScopes: [],
  }
  return { own: { given, server }, clientAuthentications: undefined }
}

/** RFC 8414 §2. The address of the metadata themselves could be of any issuer, and would not be held against one. */
function faultsOfIssuer(issuer: string): FieldFault[] {
  const { search, pathname } = new URL(issuer)
  if (search !== '') return [{ field: 'issuer', message: 'must have no query' }]
  if (!pathname.includes('/.well-known/')) return []
  return [
    { field: 'issuer', message: 'must be the issuer, without /.well-known/ and what follows' },
  ]
}

/** @throws Problem origin-not-allowed where the operator's rules exclude a place */
function checkPlaces(places: GivenEndpoints, mayUseOrigin: MayUseOrigin): void {
  const faults = endpointNames.flatMap((field): FieldFault[] => {
    const url = places[field]
    if (url === undefined) return []
    const answer = mayUseOrigin(new URL(url).origin)
    return answer === true ? [] : [{ field, message: answer }]
  })
  const [first] = faults
  if (first === undefined) return
  throw new Problem('origin-not-allowed', `${first.field}: ${first.message}`, { fields: faults })
}
