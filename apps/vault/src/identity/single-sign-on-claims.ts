import { email as emailSchema } from '@sallyport/contracts'
import type { SingleSignOnSettings } from './single-sign-on-settings.ts'

// What a provider says of who signed in, read so that nothing it did not say can be taken for said.

/** The claims of an ID token or of the userinfo endpoint, as they were sent (OpenID Connect Core §5.1). */
export type Claims = Readonly<Record<string, unknown>>

/** Who somebody is at the provider. */
export interface ProviderPerson {
  readonly issuer: string
  /** `sub`: the one name that the provider never gives to somebody else. */
  readonly subject: string
  /** In lower case; absent where the provider did not verify it. */
  readonly email: string | undefined
  readonly groups: readonly string[]
  /** When they last proved to the provider who they are, in ms; absent where it does not say. */
  readonly authenticatedAtMs: number | undefined
}

/** OpenID Connect Core §2: at most 255 ASCII characters. */
const subjectPattern = /^[\x20-\x7e]{1,255}$/
/** Groups of one person that are looked at; large organisations have some hundreds. */
const groupsMax = 5_000
const groupCharsMax = 200

/** What of the settings says how claims are read. */
export type ClaimRules = Pick<
  SingleSignOnSettings,
  'groupsClaim' | 'allowedGroups' | 'roleMapping' | 'assumeEmailVerified'
>

/** Whether the ID token leaves something open that the userinfo endpoint may say. */
export function needsUserinfo(idToken: Claims, rules: ClaimRules): boolean {
  const asksForGroups = rules.allowedGroups.length > 0 || rules.roleMapping.length > 0
  if (asksForGroups && own(idToken, rules.groupsClaim) === undefined) return true
  return readEmail(idToken, {}, rules) === undefined && !isDenied(idToken)
}

/**
 * Reads who signed in. Address and verification are taken from one source, never the address from the one and its
 * verification from the other. Undefined where `sub` or `email` is not what the standard says.
 */
export function readPerson(
  issuer: string,
  { idToken, userinfo = {} }: { idToken: Claims; userinfo?: Claims | undefined },
  rules: ClaimRules,
): ProviderPerson | undefined {
  const subject = own(idToken, 'sub')
  if (typeof subject !== 'string' || !subjectPattern.test(subject)) return undefined
  const named = own(idToken, 'email')
  if (named !== undefined && typeof named !== 'string') return undefined
  const { groupsClaim } = rules
  const authTime = own(idToken, 'auth_time')
  return {
    issuer,
    subject,
    email: readEmail(idToken, userinfo, rules),
    groups: readGroups(own(idToken, groupsClaim) ?? own(userinfo, groupsClaim)),
    authenticatedAtMs:
      typeof authTime === 'number' && Number.isSafeInteger(Math.floor(authTime * 1000))
        ? Math.floor(authTime * 1000)
        : undefined,
  }
}

function readEmail(idToken: Claims, userinfo: Claims, rules: ClaimRules): string | undefined {
  if (isDenied(idToken)) return undefined
  // A no of userinfo counts for the address of an ID token too that says nothing of it.
  const isBelieved = rules.assumeEmailVerified && !isDenied(userinfo)
  return verifiedEmail(idToken, isBelieved) ?? verifiedEmail(userinfo, isBelieved)
}

/** `true` as the standard has it, or `"true"` as Amazon Cognito writes it. */
const isYes = (word: unknown) => word === true || word === 'true'

/** A word on the address that is no yes is a no, however it is written. */
function isDenied(claims: Claims): boolean {
  const word = own(claims, 'email_verified')
  return word !== undefined && !isYes(word)
}

function verifiedEmail(claims: Claims, isBelieved: boolean): string | undefined {
  const word = own(claims, 'email_verified')
  if (!isYes(word) && !(word === undefined && isBelieved)) return undefined
  const parsed = emailSchema.safeParse(own(claims, 'email'))
  return parsed.success ? parsed.data : undefined
}

/** A list of names, or one name. Nothing is split, and what is no text is no group. */
function readGroups(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value.slice(0, groupsMax) : [value]
  return listed.filter(
    (group): group is string =>
      typeof group === 'string' && group !== '' && group.length <= groupCharsMax,
  )
}

/** A claim that is there by itself: `constructor` and the like are nobody's groups. */
const own = (claims: Claims, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined
