import { type Data, type DataObject, isObject } from '../../read-document.ts'
import type { SchemeFacts } from './scheme.ts'

const scopesMax = 100
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

/**
 * The flows of OAuth 2 (OpenAPI 3.1 §4.8.28): a client of its own, an account that is connected elsewhere, or where only flows
 * are offered that nobody should use any more, a token that is pasted.
 */
export function readFlows(flows: Data | undefined): Omit<SchemeFacts, 'name' | 'description'> {
  const common = { place: 'header authorization', isBearer: true }
  const flow = (name: string): DataObject | undefined => {
    const found = isObject(flows) ? flows[name] : undefined
    return isObject(found) ? found : undefined
  }
  const client = flow('clientCredentials')
  if (client !== undefined) {
    return { ...common, kind: 'oauth2-client-credentials', known: readEndpoints(client) }
  }
  const code = flow('authorizationCode') ?? flow('deviceAuthorization')
  if (code !== undefined) return { ...common, kind: 'oauth2', known: readEndpoints(code) }
  return { ...common, kind: 'bearer', known: {} }
}

function readEndpoints(flow: DataObject): Record<string, unknown> {
  const known: Record<string, unknown> = {}
  const { tokenUrl, authorizationUrl, scopes } = flow
  if (isEndpoint(tokenUrl)) known.tokenEndpoint = tokenUrl
  if (isEndpoint(authorizationUrl)) known.authorizationEndpoint = authorizationUrl
  const names = isObject(scopes) ? Object.keys(scopes) : []
  const offered = names.filter((scope) => scopePattern.test(scope)).slice(0, scopesMax)
  if (offered.length > 0) known.scopesOffered = offered
  return known
}

function isEndpoint(url: Data | undefined): url is string {
  if (typeof url !== 'string' || !/^https?:\/\/[\x21-\x7e]{1,1990}$/i.test(url)) return false
  return URL.canParse(url) && !url.includes('#') && !/[{}]/.test(url)
}
