import { type CredentialInput, CredentialInput as CredentialSchema } from '@sallyport/contracts'
import type { FoundPart } from './find-credential.ts'

/** How a command signs in. */
export interface CommandScheme {
  /** The same for the same places: `X-Api-Key`, `bearer`, `X-Api-Key + X-App-Key`. */
  readonly name: string
  readonly kind: CredentialInput['kind']
  readonly known: Readonly<Record<string, unknown>>
  /** All of it, where the command holds it. */
  readonly credential?: CredentialInput | undefined
  /** Why the vault cannot serve it. */
  readonly reason?: string | undefined
}

const partsMax = 5

/** One scheme of all places of a command; undefined where it has none. */
export function joinParts(parts: readonly FoundPart[]): CommandScheme | undefined {
  const [first, ...others] = parts
  if (first === undefined) return undefined
  const name = [...new Set(parts.map(nameOf))].join(' + ').slice(0, 200)
  if (others.length === 0) {
    const { kind, known, part } = first
    return { name, kind, known, ...(part !== undefined && { credential: part }) }
  }
  const scheme = {
    ...{ name, kind: 'several' as const },
    known: { parts: parts.map(({ kind, known }) => ({ kind, ...known })) },
  }
  const reason = faultOf(parts)
  if (reason !== undefined) return { ...scheme, reason }
  const whole = CredentialSchema.safeParse({
    kind: 'several',
    parts: parts.map(({ part }) => part),
  })
  return { ...scheme, ...(whole.success && { credential: whole.data }) }
}

function faultOf(parts: readonly FoundPart[]): string | undefined {
  if (parts.length > partsMax) return `It signs in by more than ${partsMax} keys at once.`
  if (parts.some(({ kind }) => kind === 'aws-sigv4'))
    return 'It is signed for AWS and has other keys beside.'
  if (parts.some(({ kind }) => kind === 'caller'))
    return 'It passes the caller’s own credential on and has other keys beside.'
  const places = parts.map(placeOf)
  return new Set(places).size === places.length
    ? undefined
    : 'It puts two keys into the same place.'
}

const placeOf = ({ kind, known }: FoundPart): string =>
  kind === 'bearer' || kind === 'basic'
    ? 'header authorization'
    : `${kind} ${String(known.name ?? '').toLowerCase()}`

function nameOf({ kind, known }: FoundPart): string {
  const name = String(known.name ?? '')
  switch (kind) {
    case 'header':
      return name.toLowerCase() === 'authorization'
        ? `${name} ${String(known.prefix ?? '')}`.trim()
        : name
    case 'query':
      return `query ${name}`
    case 'cookie':
      return `cookie ${name}`
    default:
      return kind
  }
}
