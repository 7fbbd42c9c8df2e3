import { CredentialInput as CredentialSchema } from '@sallyport/contracts'
import { type FoundPart, partOfAuthorization, partOfUser } from '../curl/find-credential.ts'
import { isPlaceholder } from '../curl/known-secrets.ts'
import { quoteName } from '../refuse-document.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import type { HigressDocument, HigressScheme, HigressTool } from './higress-types.ts'
import { unknownSecret } from './tool-context.ts'

/** One place for a secret, and the secret where it is known. */
export function keyPart(
  kind: 'header' | 'query' | 'cookie' | 'path' | 'bearer',
  known: Readonly<Record<string, unknown>>,
  { where, secret }: { readonly where: string; readonly secret: string },
): FoundPart {
  if (isPlaceholder(secret)) return { kind, known, where }
  const member = kind === 'bearer' ? { token: secret } : { value: secret }
  const parsed = CredentialSchema.safeParse({ kind, ...known, ...member })
  return { kind, known, where, value: secret, ...(parsed.success && { part: parsed.data }) }
}

/** A header: `Authorization` by its scheme, any other with what stands before the secret. */
export function headerPart(
  name: string,
  {
    prefix,
    secret,
    where,
  }: { readonly prefix: string; readonly secret: string; readonly where: string },
): FoundPart {
  if (name.toLowerCase() === 'authorization')
    return partOfAuthorization(`${prefix}${secret}`, where)
  return keyPart('header', prefix === '' ? { name } : { name, prefix }, { where, secret })
}

/** A way of signing in: by a scheme of the document, with a key that is kept or with one that each caller passes. */
export interface ToolSecurity {
  readonly schemeId: string
  /** The place, with the secret where it is known. */
  readonly part: FoundPart
}

/** The way of signing in that a tool names, or its document for all tools. */
export function securityOf(tool: HigressTool, document: HigressDocument): ToolSecurity | undefined {
  const upstream = tool.request?.security ?? document.upstream
  const client = tool.security ?? document.downstream
  const passes = client?.passthrough === true || upstream?.passthrough === true
  const reference = upstream ?? (passes ? client : undefined)
  if (reference === undefined) return document.passthroughHeader ? wholeHeader : undefined
  const scheme = document.schemes.find(({ id }) => id === reference.id)
  if (scheme === undefined) {
    return refuseTool(
      `It signs in by ${quoteName(reference.id)}, which server.securitySchemes does not have.`,
    )
  }
  if (passes) return { schemeId: `${scheme.id}${ofCaller}`, part: passedPart(scheme) }
  const own = reference.credential
  const where = `${tool.name}: requestTemplate.security.credential`
  const part = own === undefined ? partOfScheme(scheme) : partOfScheme({ ...scheme, where }, own)
  return { schemeId: scheme.id, part }
}

/** What sets a scheme whose credential each caller passes apart from the same one with a key that is kept. */
const ofCaller = ' of the caller'

/** `passthroughAuthHeader`: the header as the caller has it, its scheme included. */
const wholeHeader: ToolSecurity = {
  schemeId: `Authorization${ofCaller}`,
  part: {
    kind: 'caller',
    known: { place: 'header', name: 'Authorization' },
    where: 'server.passthroughAuthHeader',
  },
}

/** Where what a caller passes goes: where a key of the scheme would. */
function passedPart(scheme: HigressScheme): FoundPart {
  const { kind, known } = partOfScheme({ ...scheme, defaultCredential: undefined })
  const authorization = { place: 'header', name: 'Authorization' }
  const places: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    bearer: { ...authorization, prefix: 'Bearer' },
    basic: { ...authorization, prefix: 'Basic' },
  }
  return { kind: 'caller', known: places[kind] ?? { place: kind, ...known }, where: scheme.where }
}

/**
 * The place in which a scheme of `server.securitySchemes` puts its credential.
 * @throws ToolRefused for a scheme that the vault cannot serve
 */
function partOfScheme(scheme: HigressScheme, credential = scheme.defaultCredential): FoundPart {
  const secret = credential === undefined || credential === '' ? unknownSecret : credential
  const { type, where, name = '' } = scheme
  const found = { where, secret }
  if (type === 'http' && scheme.scheme === 'bearer') return keyPart('bearer', {}, found)
  if (type === 'http' && scheme.scheme === 'basic') {
    return isPlaceholder(secret) ? { kind: 'basic', known: {}, where } : partOfUser(secret, where)
  }
  const places = { header: 'header', query: 'query', cookie: 'cookie' } as const
  const place = type === 'apiKey' ? places[scheme.in as keyof typeof places] : undefined
  if (place !== undefined && name !== '') {
    return place === 'header'
      ? headerPart(name, { prefix: '', ...found })
      : keyPart(place, { name }, found)
  }
  return refuseTool(
    `It signs in by ${quoteName(scheme.id)}, of the type ${quoteName([type, scheme.scheme, scheme.in].filter(Boolean).join(' '))}; the vault knows http basic, http bearer and apiKey in a header, the query or a cookie.`,
  )
}
