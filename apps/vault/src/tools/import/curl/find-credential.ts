import { Buffer } from 'node:buffer'
import { type CredentialInput, CredentialInput as CredentialSchema } from '@sallyport/contracts'
import { faultOfCredentialHeader } from '../../../connections/header-rules.ts'
import { isForbiddenRequestHeader } from '../../../execute/request-headers.ts'
import { isPlaceholder, isSecret, isSecretName } from './known-secrets.ts'
import { type CurlRequest, refuseCommand } from './read-request.ts'
import { isOpen } from './variable-marks.ts'

type Part = Extract<CredentialInput, { kind: 'several' }>['parts'][number]

/** One place of a request in which a secret goes. */
export interface FoundPart {
  readonly kind: CredentialInput['kind']
  /** What of the credential is known without the secret. */
  readonly known: Readonly<Record<string, unknown>>
  /** Where it stood: `-H X-Api-Key`. */
  readonly where: string
  /** The secret as it stood; undefined where the command has a variable or a word in its place. */
  readonly value?: string | undefined
  /** The whole part, where the secret is one that can be kept. */
  readonly part?: CredentialInput | undefined
}

/** A part whose secret is the one member that is missing. */
function partOf(
  kind: Part['kind'],
  {
    known,
    where,
    member,
    value,
  }: {
    readonly known: Readonly<Record<string, unknown>>
    readonly where: string
    readonly member: 'token' | 'value' | 'password'
    readonly value: string
  },
): FoundPart {
  if (isOpen(value) || isPlaceholder(value)) return { kind, known, where }
  const parsed = CredentialSchema.safeParse({ kind, ...known, [member]: value })
  return { kind, known, where, value, ...(parsed.success && { part: parsed.data }) }
}

/** `Authorization: …` by its scheme. */
export function partOfAuthorization(text: string, where: string): FoundPart {
  const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9-]*)\s+([\s\S]+)$/.exec(text) ?? []
  const name = 'Authorization'
  if (/^bearer$/i.test(scheme)) {
    return partOf('bearer', { known: {}, where, member: 'token', value: rest })
  }
  if (/^aws4-/i.test(scheme)) {
    refuseCommand(
      'its signature is of that one request: use --aws-sigv4 and -u, or an AWS access key',
    )
  }
  if (/^basic$/i.test(scheme)) {
    const user = isOpen(rest) ? undefined : decodeBasic(rest)
    if (user !== undefined) return partOfUser(user, where)
    if (isOpen(rest)) return { kind: 'basic', known: {}, where }
  }
  if (scheme === '')
    return partOf('header', { known: { name }, where, member: 'value', value: text })
  // The rest may name its parts: `Token token="…"`.
  const [, prefix = '', value = rest] = /^([\w-]+=)"?([^",\s]+)"?$/.exec(rest) ?? []
  const known = { name, prefix: prefix === '' ? scheme : `${scheme} ${prefix}` }
  return partOf('header', { known, where, member: 'value', value })
}

function decodeBasic(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined
  const decoded = Buffer.from(text, 'base64').toString('utf8')
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(decoded) ? decoded : undefined
}

/** `user:password`. A key in the place of the user, as Stripe has it, goes on as the header that it makes. */
export function partOfUser(user: string, where: string): FoundPart {
  const colon = user.indexOf(':')
  const name = colon < 0 ? user : user.slice(0, colon)
  const password = colon < 0 ? '' : user.slice(colon + 1)
  if (!isOpen(user) && password === '' && colon >= 0 && !isPlaceholder(name)) {
    const found = partOf('header', {
      ...{ known: { name: 'Authorization', prefix: 'Basic' }, where, member: 'value' },
      value: Buffer.from(user).toString('base64'),
    })
    return { ...found, value: name }
  }
  if (isOpen(name)) return { kind: 'basic', known: {}, where }
  const known = isSecret('', name) ? {} : { username: name }
  return partOf('basic', { known, where, member: 'password', value: password })
}

/** `-u key:secret --aws-sigv4 aws:amz:region:service`. */
function partOfSigv4(text: string, user: string | undefined): FoundPart {
  const [, , region, service] = text.toLowerCase().split(':')
  const colon = user?.indexOf(':') ?? -1
  const known = { ...(region && { region }), ...(service && { service }) }
  const where = '-u'
  if (user === undefined || isOpen(user) || colon < 0) return { kind: 'aws-sigv4', known, where }
  const [accessKeyId, secretAccessKey] = [user.slice(0, colon), user.slice(colon + 1)]
  const whole = { kind: 'aws-sigv4', ...known, accessKeyId, secretAccessKey }
  const parsed = CredentialSchema.safeParse(whole)
  return {
    ...{ kind: 'aws-sigv4', known: { ...known, accessKeyId }, where, value: secretAccessKey },
    ...(parsed.success && { part: parsed.data }),
  }
}

/** Whether a header is one in which a credential goes: by its name, by its value, or because no agent may send it and it is. */
function isCredentialHeader(name: string, value: string): boolean {
  if (/^content-|^accept/i.test(name)) return false
  if (faultOfCredentialHeader(name) !== undefined) return false
  const isKey = isSecret(name, value) || isSecretName(name) || isForbiddenRequestHeader(name)
  // In a header such a name is a key's, however short the key is.
  return isKey || (/(?:^|[-_])(?:auth|token|secret|pwd)$/i.test(name) && !cursors.test(name))
}

const cursors = /(?:page|next|continuation|sync)[-_]?token$/i

interface SortedHeaders {
  readonly parts: readonly FoundPart[]
  readonly plain: readonly (readonly [string, string])[]
  readonly cookies: readonly string[]
}

/** Parts the headers that hold secrets from those that do not, and cookies from both. */
export function sortHeaders({
  headers,
  cookies,
}: Pick<CurlRequest, 'headers' | 'cookies'>): SortedHeaders {
  const parts: FoundPart[] = []
  const plain: (readonly [string, string])[] = []
  const jar = [...cookies]
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (value === '' || name === '') continue
    if (lower === 'cookie') jar.push(value)
    else if (lower === 'authorization') parts.push(partOfAuthorization(value, '-H Authorization'))
    else if (isCredentialHeader(name, value)) {
      const where = `-H ${name}`
      const [, scheme, rest] = /^(Bearer|Token|Basic|ApiKey|Key)\s+(\S[\s\S]*)$/i.exec(value) ?? []
      const known = scheme === undefined ? { name } : { name, prefix: `${scheme} ` }
      parts.push(partOf('header', { known, where, member: 'value', value: rest ?? value }))
    } else plain.push([name, value])
  }
  return { parts, plain, cookies: jar }
}

/** The credential of `-u`, `--oauth2-bearer`, `--aws-sigv4` and of a URL. */
export function partsOfOptions(request: CurlRequest, urlUser: string | undefined): FoundPart[] {
  const user = request.user ?? urlUser
  if (request.sigv4 !== undefined) return [partOfSigv4(request.sigv4, user)]
  const where = request.user === undefined ? 'the URL' : '-u'
  return [
    ...(user === undefined ? [] : [partOfUser(user, where)]),
    ...(request.bearer === undefined
      ? []
      : [
          partOf('bearer', {
            ...{ known: {}, where: '--oauth2-bearer', member: 'token', value: request.bearer },
          }),
        ]),
  ]
}

export const partOfQuery = (name: string, value: string): FoundPart =>
  partOf('query', { known: { name }, where: `?${name}`, member: 'value', value })

export const partOfPath = (placeholder: string, value: string): FoundPart =>
  partOf('path', { known: { placeholder }, where: 'the path', member: 'value', value })

export const partOfCookie = (name: string, value: string): FoundPart =>
  partOf('cookie', { known: { name }, where: `-b ${name}`, member: 'value', value })

/** All cookies as one header, where they are too many or too odd to be kept one by one. */
export const partOfCookies = (text: string): FoundPart =>
  partOf('header', { known: { name: 'Cookie' }, where: '-b', member: 'value', value: text })
