import type { OAuthProvider } from '@sallyport/catalog'
import type { ClientAuthentication, FieldFault } from '@sallyport/contracts'
import { type AppWish, endpointsFromCatalog, ownEndpoints } from './draft-endpoints.ts'
import { refuse } from './field-faults.ts'
import type { OAuthAppsNeeds } from './oauth-apps-needs.ts'
import { placeOf } from './place-of.ts'
import type { SealedApp } from './sealed-app.ts'

type Needs = Pick<OAuthAppsNeeds, 'catalog' | 'mayUseOrigin' | 'readMetadata' | 'faultOfPrivateKey'>

/**
 * A client as it is to be sealed: what is said, what it had before, and what the provider's metadata say. For a provider of the
 * catalog the catalog says where it is, and an owner no more than its parameters.
 * @throws Problem invalid-input, origin-not-allowed, provider-refused, provider-unavailable
 */
export async function draftApp(
  needs: Needs,
  wish: AppWish,
  before: Pick<SealedApp, 'provider'> & Partial<SealedApp>,
): Promise<SealedApp> {
  const known = before.own === undefined ? needs.catalog.findProvider(before.provider) : undefined
  if (known?.oauth !== undefined) {
    const parameters = endpointsFromCatalog(needs, { provider: known, wish, before })
    return { ...draftClient(needs, { wish, before }, fromCatalog(known.oauth)), parameters }
  }
  const { own, clientAuthentications } = await ownEndpoints(needs, wish, before)
  const client = draftClient(needs, { wish, before }, fromServer(clientAuthentications))
  return { ...client, parameters: {}, own }
}

/** What is said of a client, and what it was before. */
interface Said {
  readonly wish: AppWish
  readonly before: Pick<SealedApp, 'provider'> & Partial<SealedApp>
}

/** What a provider takes where the owner does not say, by whether a secret or a key is given. */
interface Preference {
  readonly none: ClientAuthentication
  readonly secret: ClientAuthentication
}

const fromCatalog = ({ clientAuthentication }: OAuthProvider): Preference => ({
  none: clientAuthentication,
  secret: clientAuthentication.startsWith('client_secret')
    ? clientAuthentication
    : 'client_secret_basic',
})

/** RFC 8414 §2: a server that names none takes client_secret_basic. */
const fromServer = (offered: readonly string[] | undefined): Preference => ({
  none: 'none',
  secret:
    offered?.includes('client_secret_basic') === false && offered.includes('client_secret_post')
      ? 'client_secret_post'
      : 'client_secret_basic',
})

function draftClient(
  { faultOfPrivateKey }: Pick<Needs, 'faultOfPrivateKey'>,
  { wish, before }: Said,
  preference: Preference,
): Omit<SealedApp, 'parameters' | 'own'> {
  const authentication = wish.clientAuthentication ?? before.authentication ?? byDefault()
  const { provider } = before
  const clientId = wish.clientId ?? before.clientId ?? ''
  refuse(faultsOfSecrets(authentication, wish, before))
  const fault = wish.privateKey === undefined ? undefined : faultOfPrivateKey(wish.privateKey)
  if (fault !== undefined) refuse([{ field: 'privateKey', message: fault }])
  const shared = { provider, clientId, authentication }
  if (authentication === 'none') return shared
  if (authentication !== 'private_key_jwt') {
    const clientSecret = wish.clientSecret ?? before.clientSecret ?? ''
    return { ...shared, clientSecret }
  }
  const privateKey = wish.privateKey ?? before.privateKey ?? ''
  const keyId = wish.keyId ?? before.keyId
  return { ...shared, privateKey, ...(keyId !== undefined && { keyId }) }

  function byDefault(): ClientAuthentication {
    if (wish.privateKey !== undefined) return 'private_key_jwt'
    return wish.clientSecret === undefined ? preference.none : preference.secret
  }
}

function faultsOfSecrets(
  authentication: ClientAuthentication,
  wish: AppWish,
  before: Partial<SealedApp>,
): FieldFault[] {
  const takesSecret = authentication.startsWith('client_secret')
  const takesKey = authentication === 'private_key_jwt'
  const faults: FieldFault[] = []
  const fault = (field: string, message: string) => faults.push({ field, message })
  const needless = `must be left out with the client authentication ${authentication}`
  if (takesSecret && (wish.clientSecret ?? before.clientSecret) === undefined) {
    fault('clientSecret', `must be given for the client authentication ${authentication}`)
  }
  if (!takesSecret && wish.clientSecret !== undefined) fault('clientSecret', needless)
  if (takesKey && (wish.privateKey ?? before.privateKey) === undefined) {
    fault('privateKey', 'must be given for the client authentication private_key_jwt')
  }
  if (!takesKey && wish.privateKey !== undefined) fault('privateKey', needless)
  if (!takesKey && wish.keyId !== undefined) fault('keyId', needless)
  return faults
}

/** Whether a client's requests go somewhere else: what may not change under a connection that uses it. */
export const leadsElsewhere = (before: SealedApp, after: SealedApp): boolean =>
  placeOf(before) !== placeOf(after)
