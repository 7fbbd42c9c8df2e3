import { Problem } from '@sallyport/contracts'
import type { ImportedScheme } from '../../imported-toolset.ts'
import { type Data, type DataObject, isObject } from '../../read-document.ts'
import { quoteName } from '../../refuse-document.ts'
import { refuseOperation } from '../operation-refused.ts'
import type { References } from '../references.ts'
import { joinFacts } from './join-facts.ts'
import { joinNames, type Requirement, readRequirements } from './requirements.ts'
import type { SchemeFacts } from './scheme.ts'
import { readScheme } from './scheme-facts.ts'

/** By which of the document's schemes the credential goes on, and what that means for each operation. */
export interface SecurityPlan {
  readonly schemes: readonly ImportedScheme[]
  readonly notes: readonly string[]
  /** @throws OperationRefused where an operation asks for another scheme than the chosen one */
  readonly decide: (security: Data | undefined) => Decision
  /** The scheme whose key is this parameter. */
  readonly schemeOfParameter: (place: string, name: string) => SchemeFacts | undefined
  /** The document describes no scheme at all. */
  readonly isSilent: boolean
}

interface Decision {
  readonly credential: 'connection' | 'none'
  /** Another scheme that it asks for, by which a bearer token goes on, too. */
  readonly other?: string | undefined
}

interface SecurityInput {
  readonly root: DataObject
  readonly references: References
  /** What each operation says itself. */
  readonly operations: readonly (Data | undefined)[]
  /** Schemes that the document does not describe, but shows in its parameters. */
  readonly found: readonly SchemeFacts[]
  readonly chosen: string | undefined
}

const candidatesMax = 50

/** What a signature of AWS brings along (Signature Version 4), in a header or the query. */
const signatureParameters: ReadonlySet<string> = new Set([
  ...['x-amz-algorithm', 'x-amz-content-sha256', 'x-amz-credential', 'x-amz-date'],
  ...['x-amz-expires', 'x-amz-security-token', 'x-amz-signature', 'x-amz-signedheaders'],
])

/** @throws Problem `invalid-input` for a chosen scheme that there is not, or that the vault cannot serve */
export function planSecurity(input: SecurityInput): SecurityPlan {
  const { root, operations, chosen } = input
  const described = readSchemes(input)
  const all = new Map([...described, ...input.found.map((one) => [one.name, one] as const)])
  const shared = readRequirements(root.security)
  const wanted = operations.map((own) => readRequirements(own) ?? shared)
  const says = wanted.some((requirements) => requirements?.some(isAsking))
  // Names that nothing stands for say that something is asked for, and not what: a parameter may show it.
  const isBlank = says && described.size === 0
  const candidates =
    says && !isBlank
      ? collectCandidates(wanted)
      : [...all.keys()].slice(0, candidatesMax).map((name) => [name])
  const serves = (candidate: Requirement, requirements: readonly Requirement[] | undefined) =>
    (isBlank ? requirements?.some(isAsking) === true : !says && requirements === undefined) ||
    requirements?.some((one) => one.length > 0 && covers(candidate, one, all)) === true
  const facts = candidates.map((candidate) => ({
    candidate,
    facts: joinFacts(candidate, all),
    operations: wanted.filter((requirements) => serves(candidate, requirements)).length,
  }))
  const picked = pick(facts, chosen)
  return {
    schemes: facts.map(
      ({ facts: { name, description, kind, known, reason }, operations: count }) => ({
        ...{ name, description, kind, known, reason },
        operations: count,
      }),
    ),
    notes:
      isBlank && all.size === 0
        ? [noteNames(wanted)]
        : noteSilence({ says: says && !isBlank, isEmpty: all.size === 0, found: input.found }),
    isSilent: described.size === 0,
    schemeOfParameter: (place, name) =>
      [...all.values()].find(
        ({ kind, parameter }) =>
          isSameParameter(parameter, place, name) ||
          (kind === 'aws-sigv4' && signatureParameters.has(name.toLowerCase())),
      ),
    decide: (security) => {
      const requirements = readRequirements(security) ?? shared
      // A document that names no scheme anywhere leaves it open; `security: []` says that nothing is asked for.
      if (!says) return { credential: requirements === undefined ? 'connection' : 'none' }
      if (isBlank) return { credential: requirements?.some(isAsking) ? 'connection' : 'none' }
      return decide(requirements ?? [], { picked, all })
    },
  }
}

const isAsking = ({ length }: Requirement): boolean => length > 0

function noteNames(wanted: readonly (readonly Requirement[] | undefined)[]): string {
  const names = collectCandidates(wanted).map((one) => quoteName(joinNames(one)))
  return `The document describes none of the ways to sign in that it asks for (${names.slice(0, 5).join(', ')}): whatever credential is given goes on those calls.`
}

function readSchemes({ root, references }: SecurityInput): Map<string, SchemeFacts> {
  const schemes = isObject(root.components) ? root.components.securitySchemes : undefined
  if (!isObject(schemes)) return new Map()
  return new Map(
    Object.entries(schemes)
      .slice(0, 200)
      .map(([name, scheme]) => [name, readScheme(name, references.follow(scheme).value)]),
  )
}

function collectCandidates(
  wanted: readonly (readonly Requirement[] | undefined)[],
): readonly Requirement[] {
  const found = new Map<string, Requirement>()
  for (const requirement of wanted.flatMap((requirements) => requirements ?? [])) {
    if (requirement.length > 0 && found.size < candidatesMax) {
      found.set(joinNames(requirement), requirement)
    }
  }
  return [...found.values()]
}

/** Whether what one asks for goes on with the other: the same schemes, or a bearer token by another name. */
function covers(
  candidate: Requirement,
  wanted: Requirement,
  all: ReadonlyMap<string, SchemeFacts>,
): boolean {
  const isBearer = candidate.some((name) => all.get(name)?.isBearer === true)
  return wanted.every(
    (name) => candidate.includes(name) || (isBearer && all.get(name)?.isBearer === true),
  )
}

interface Counted {
  readonly candidate: Requirement
  readonly facts: SchemeFacts
  readonly operations: number
}

/** Which kind is picked where several serve as many operations: what is easiest to give first. */
const ease: readonly SchemeFacts['kind'][] = [
  ...(['bearer', 'header', 'basic', 'query', 'several', 'cookie'] as const),
  ...(['oauth2-client-credentials', 'aws-sigv4', 'oauth2'] as const),
]

function pick(all: readonly Counted[], chosen: string | undefined): Counted | undefined {
  if (chosen === undefined) {
    const usable = all.filter(({ facts }) => facts.kind !== undefined)
    const rank = ({ facts }: Counted) => ease.indexOf(facts.kind)
    return usable.toSorted((a, b) => b.operations - a.operations || rank(a) - rank(b))[0]
  }
  const found = all.find(({ facts }) => facts.name === chosen)
  if (found?.facts.kind !== undefined) return found
  const names = all.map(({ facts }) => facts.name).join(', ')
  const message = found?.facts.reason ?? `must be one of ${names === '' ? 'none' : names}`
  throw new Problem('invalid-input', `The scheme ${quoteName(chosen)} cannot be used.`, {
    next: 'Choose one of the document’s schemes that the vault serves, or none.',
    fields: [{ field: 'securityScheme', message }],
  })
}

function decide(
  requirements: readonly Requirement[],
  { picked, all }: { picked: Counted | undefined; all: ReadonlyMap<string, SchemeFacts> },
): Decision {
  const asking = requirements.filter(({ length }) => length > 0)
  if (asking.length === 0) return { credential: 'none' }
  if (picked !== undefined) {
    const { candidate } = picked
    const served = asking.filter((one) => covers(candidate, one, all))
    const same = served.find((one) => one.every((name) => candidate.includes(name)))
    if (same !== undefined) return { credential: 'connection' }
    if (served[0] !== undefined) {
      return { credential: 'connection', other: joinNames(served[0]) }
    }
  }
  if (asking.length < requirements.length) return { credential: 'none' }
  const names = asking.map((one) => quoteName(joinNames(one))).join(' or ')
  const reasons = asking.map((one) => joinFacts(one, all).reason).filter((one) => one !== undefined)
  const why =
    reasons.length === asking.length && reasons[0] !== undefined
      ? reasons[0]
      : `The credential goes on by ${quoteName(picked?.facts.name ?? 'none')}: make another toolset for this one.`
  return refuseOperation(`It asks for ${names.slice(0, 300)}. ${why}`)
}

function isSameParameter(
  parameter: SchemeFacts['parameter'],
  place: string,
  name: string,
): boolean {
  if (parameter === undefined || parameter.in !== place) return false
  return place === 'header'
    ? parameter.name.toLowerCase() === name.toLowerCase()
    : parameter.name === name
}

function noteSilence({
  says,
  isEmpty,
  found,
}: {
  says: boolean
  isEmpty: boolean
  found: readonly SchemeFacts[]
}): readonly string[] {
  if (says) return []
  if (found.length > 0) {
    const names = found.map(({ name }) => quoteName(name)).join(', ')
    return [`The document describes no way to sign in, but has parameters for it: ${names}.`]
  }
  return isEmpty
    ? ['The document describes no way to sign in: whatever credential is given goes on every call.']
    : ['The document asks for none of its ways to sign in: the credential goes on every call.']
}
