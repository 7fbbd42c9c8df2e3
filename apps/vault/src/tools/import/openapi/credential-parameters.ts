import type { CredentialInput } from '@sallyport/contracts'
import { isPlaceholder, isSecret } from '../curl/known-secrets.ts'
import type { ImportedSecret } from '../imported-toolset.ts'
import { type Data, isList, isObject } from '../read-document.ts'
import type { Parameter } from './read-parameters.ts'
import type { SchemeFacts } from './security/scheme.ts'

/** What vendors call the parameter that their key goes into. */
const keyNames: ReadonlySet<string> = new Set([
  ...['apikey', 'accesstoken', 'authtoken', 'oauthtoken', 'xapikey', 'xauthtoken', 'xaccesstoken'],
  ...['subscriptionkey', 'ocpapimsubscriptionkey'],
])
/** The same, where its description says so: else it may be a token of another kind. */
const perhapsKeyNames: ReadonlySet<string> = new Set([
  ...['token', 'xtoken', 'appid', 'key', 'authorization'],
])
const saysKey =
  /\b(?:authenticat|authoriz|api[ _-]?key|access token|bearer|credential|oauth|scope)/i

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Whether a parameter is where a key goes, though the document describes no scheme for it. */
export function isKeyParameter({ name, place, description = '', fixed }: Parameter): boolean {
  if (place !== 'query' && place !== 'header') return false
  // `/run?sig=…`: what the path itself holds is somebody's.
  if (fixed !== undefined && isSecret(name, fixed) && !isPlaceholder(fixed)) return true
  const plain = plainName(name)
  return (
    keyNames.has(plain) || (perhapsKeyNames.has(plain) && saysKey.test(description.slice(0, 2000)))
  )
}

/** A scheme as its parameter shows it, where the document describes none. */
export function schemeFromParameter(parameter: Parameter): SchemeFacts | undefined {
  const { name, place, description = '' } = parameter
  const common = { name, parameter: { in: place, name }, isBearer: false }
  if (place === 'query' && /^[A-Za-z0-9._~-]{1,100}$/.test(name)) {
    return { ...common, kind: 'query', known: { name }, place: `query ${name}` }
  }
  if (place !== 'header' || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) return undefined
  const lower = name.toLowerCase()
  if (lower === 'authorization' && /\bbearer\b/i.test(`${description} ${textOf(parameter)}`)) {
    return { ...common, kind: 'bearer', known: {}, place: 'header authorization', isBearer: true }
  }
  return { ...common, kind: 'header', known: { name }, place: `header ${lower}` }
}

const textOf = ({ schema, examples }: Parameter): string =>
  [...examples, ...valuesOf(schema)].filter((value) => typeof value === 'string').join(' ')

/** Values that a schema gives away. */
function valuesOf(schema: Data | undefined): readonly Data[] {
  if (!isObject(schema)) return []
  const lists = [schema.examples, schema.enum].flatMap((list) => (isList(list) ? list : []))
  return [schema.default, schema.example, schema.const, ...lists].filter((one) => one !== undefined)
}

const secretCharsMin = 8
const secretCharsMax = 16_384
const secretsMax = 5

/** What people write where a key would stand. */
const placeholder =
  /^(?:your|my|some|the|example|sample|test|dummy|fake|demo|change|replace|insert|enter|token|string|secret|password|api|access|key|special|bearer|basic|xxx|abc|123|\*|<|\{|\$|\[|\.\.)|[<>{}\s…]|x{4,}|\*{3,}|\.{3}|(.)\1{5,}/i

/** Keys that stand in a document as defaults or examples of the parameter that they go into: its owner's, perhaps. */
export function findSecrets(
  parameter: Parameter,
  scheme: SchemeFacts | undefined,
  where: string,
): readonly ImportedSecret[] {
  const { schema, examples, fixed } = parameter
  const texts = [fixed, ...valuesOf(schema), ...examples].filter(
    (value) => typeof value === 'string',
  )
  return [...new Set(texts)]
    .map((text) => text.replace(/^(?:bearer|token|apikey|basic)\s+/i, '').trim())
    .filter((text) => text.length >= secretCharsMin && text.length <= secretCharsMax)
    .filter((text) => !placeholder.test(text))
    .slice(0, secretsMax)
    .map((value) => {
      const credential = scheme === undefined ? undefined : toCredential(scheme, value)
      return {
        ...{ where, value },
        ...(scheme !== undefined && { scheme: scheme.name }),
        ...(credential !== undefined && { credential }),
      }
    })
}

function toCredential({ kind, known }: SchemeFacts, value: string): CredentialInput | undefined {
  if (!/^[\x21-\x7e]+$/.test(value)) return undefined
  const { name } = known
  if (kind === 'bearer') return { kind, token: value }
  if ((kind === 'header' || kind === 'query' || kind === 'cookie') && typeof name === 'string') {
    return { kind, name, value }
  }
  return undefined
}
