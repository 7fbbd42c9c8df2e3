import { type Data, type DataObject, isObject, scalarText } from '../../read-document.ts'
import { quoteName } from '../../refuse-document.ts'
import { cutText } from '../schema/schema-annotations.ts'
import { readFlows } from './oauth-flows.ts'
import type { SchemeFacts } from './scheme.ts'

type Draft = Omit<SchemeFacts, 'name' | 'description'>

const refused = (reason: string): Draft => ({ known: {}, reason, place: '', isBearer: false })
const bearer: Draft = {
  kind: 'bearer',
  known: {},
  place: 'header authorization',
  isBearer: true,
}

/** Reads one of `components.securitySchemes` (OpenAPI 3.1 §4.8.27). */
export function readScheme(name: string, value: Data | undefined): SchemeFacts {
  if (!isObject(value)) return { name, ...refused('The document does not describe it.') }
  const { description } = value
  return {
    name,
    ...(typeof description === 'string' && { description: cutText(description, 500) }),
    ...readKind(value),
  }
}

function readKind(scheme: DataObject): Draft {
  switch (scheme.type) {
    case 'apiKey':
      return readApiKey(scheme)
    case 'http':
      return readHttp(scheme)
    case 'oauth2':
      return readFlows(scheme.flows)
    case 'openIdConnect': {
      const { openIdConnectUrl } = scheme
      return {
        ...bearer,
        known: typeof openIdConnectUrl === 'string' ? { openIdConnectUrl } : {},
      }
    }
    case 'mutualTLS':
      return refused('It asks for a client certificate, which the vault does not present.')
    default:
      return refused(`Its type ${quoteName(scalarText(scheme.type))} is none that the vault knows.`)
  }
}

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const queryName = /^[A-Za-z0-9._~-]{1,100}$/
const cookieName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/

function readApiKey(scheme: DataObject): Draft {
  const { name, in: where } = scheme
  if (typeof name !== 'string' || typeof where !== 'string') {
    return refused('It does not say in which parameter its key goes.')
  }
  const parameter = { in: where, name }
  const common = { known: { name }, isBearer: false, parameter }
  if (where === 'header' && headerName.test(name)) {
    const lower = name.toLowerCase()
    if (scalarText(scheme['x-amazon-apigateway-authtype']).toLowerCase() === 'awssigv4') {
      return { ...common, kind: 'aws-sigv4', known: {}, place: 'header authorization' }
    }
    if (lower === 'authorization' && saysBearer(scheme)) return { ...bearer, parameter }
    return { ...common, kind: 'header', place: `header ${lower}` }
  }
  if (where === 'query' && queryName.test(name)) {
    return { ...common, kind: 'query', place: `query ${name}` }
  }
  if (where === 'cookie' && cookieName.test(name)) {
    return { ...common, kind: 'cookie', place: `cookie ${name}` }
  }
  return {
    ...refused(`Its key goes into ${quoteName(`${where} ${name}`)}, where the vault puts none.`),
    parameter,
  }
}

/** Swagger 2.0 has no bearer tokens: documents say so in words. */
const saysBearer = (scheme: DataObject): boolean =>
  typeof scheme.description === 'string' && /\bbearer\b/i.test(scheme.description)

/** Schemes of HTTP whose credential is one text behind a word; all others are computed from the request or a challenge. */
const worded: Readonly<Record<string, string>> = {
  token: 'Token ',
  apikey: 'ApiKey ',
  'api-key': 'Api-Key ',
  key: 'Key ',
  geniekey: 'GenieKey ',
}

function readHttp(scheme: DataObject): Draft {
  const word = typeof scheme.scheme === 'string' ? scheme.scheme.toLowerCase() : ''
  if (word === 'bearer') return bearer
  if (word === 'basic') {
    return { kind: 'basic', known: {}, place: 'header authorization', isBearer: false }
  }
  const prefix = Object.hasOwn(worded, word) ? worded[word] : undefined
  if (prefix !== undefined) {
    const known = { name: 'Authorization', prefix }
    return { kind: 'header', known, place: 'header authorization', isBearer: false }
  }
  return refused(`Its HTTP scheme ${quoteName(word)} is none that the vault speaks.`)
}
