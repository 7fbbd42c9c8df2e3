import { z } from 'zod'
import { OriginPattern } from './common.ts'
import { HttpMethod, httpMethods } from './http-method.ts'
import { PathPattern } from './path-pattern.ts'
import { CustomKind, SensitiveName } from './sensitive.ts'
import { ToolPattern } from './tool-name.ts'

// Rules of a policy: what a request has to look like for more, or less, than the allow entries say, and what of an answer
// an agent gets to see.

/** The most rules of each sort in one policy. */
export const rulesMax = 100
const conditionsMax = 20

/**
 * A path into JSON: names with `.` between them, `[n]` for one element and `[]` for any. A name that holds anything but
 * letters, digits, `_`, `-`, `$` and `@` stands in `["…"]`, as JSON writes it. `@mime` after a name reads its base64url text
 * as a message (RFC 5322): `raw.@mime.to[]`. An empty path is the whole body.
 */
export const JsonPath = z
  .string()
  .max(200)
  .regex(
    /^(?:(?:[\w$@-]+|\[(?:\d{1,6})?\]|\["(?:[^"\\]|\\.)*"\])(?:\.(?=[\w$@-])|(?=\[)|$))*$/u,
    'must be names with . between them, [n] or [] for elements, ["…"] for other names',
  )

export const conditionOperators = [
  'exists',
  'eq',
  'neq',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'starts_with',
  'not_starts_with',
  'ends_with',
  'not_ends_with',
  'matches',
  'not_matches',
  'gt',
  'lt',
  'count_gt',
] as const
export type ConditionOperator = (typeof conditionOperators)[number]

const Scalar = z.union([z.string().max(2000), z.number(), z.boolean(), z.null()])

/**
 * What is compared with. A list means any of them; for the operators that begin with `not_`, none of them. `exists` takes
 * true (or nothing) and false. `gt`, `lt` and `count_gt` take a number.
 */
const compared = {
  op: z.enum(conditionOperators),
  value: z.union([Scalar, z.array(Scalar).min(1).max(200)]).optional(),
  ignoreCase: z.boolean().optional(),
} as const

/** Holds where any occurrence of the decoded name has a value that fits. */
export const QueryCondition = z.strictObject({ name: z.string().max(200), ...compared })
export type QueryCondition = z.infer<typeof QueryCondition>

/** Holds where any value that the path leads to fits. */
export const BodyCondition = z.strictObject({ path: JsonPath, ...compared })
export type BodyCondition = z.infer<typeof BodyCondition>

const Kinds = z.array(SensitiveName).max(40)
const CustomKinds = z.array(CustomKind).max(10)

/** Holds where any of the kinds is found. `fields`: only there; else in the whole body and all values of the query. */
export const SensitiveCondition = z
  .strictObject({
    kinds: Kinds,
    custom: CustomKinds.optional(),
    fields: z.array(JsonPath).min(1).max(conditionsMax).optional(),
  })
  .refine(({ kinds, custom = [] }) => kinds.length + custom.length > 0, {
    path: ['kinds'],
    message: 'must name at least one kind',
  })
export type SensitiveCondition = z.infer<typeof SensitiveCondition>

const where = {
  origins: z.array(OriginPattern).min(1).max(conditionsMax).optional(),
  methods: z.array(HttpMethod).min(1).max(httpMethods.length).optional(),
  paths: z.array(PathPattern).min(1).max(100).optional(),
  tools: z.array(ToolPattern).min(1).max(100).optional().meta({
    description: 'Only what came as a call of one of these tools: stock-index.*',
  }),
} as const

/** All that is said has to hold. Nothing said: every request. */
export const RequestCondition = z.strictObject({
  ...where,
  query: z.array(QueryCondition).min(1).max(conditionsMax).optional(),
  body: z.array(BodyCondition).min(1).max(conditionsMax).optional(),
  sensitive: SensitiveCondition.optional(),
})
export type RequestCondition = z.infer<typeof RequestCondition>

const RuleId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, 'must be letters, digits, . _ and -, at most 60')

const named = {
  id: RuleId,
  label: z.string().trim().min(1).max(200).optional(),
  /** The guard preset that it was made from, as `preset@level`. */
  preset: z
    .string()
    .regex(/^[a-z0-9-]{1,60}(@(minimal|standard|strict))?$/)
    .optional()
    .meta({ description: 'The guard preset that it was made from: external-recipients@standard' }),
} as const

export const ruleEffects = ['allow', 'deny', 'require_approval', 'redact'] as const

/**
 * A rule on requests. Any that denies and matches wins; then `redact` takes out of the body what `when.sensitive` finds; then
 * the first of the rest that matches decides. Where a body that a condition reads cannot be read, the rule matches if it denies
 * or asks, and never if it allows; one that redacts refuses.
 */
export const RequestRule = z
  .strictObject({
    ...named,
    when: RequestCondition,
    then: z.enum(ruleEffects),
  })
  .refine(({ when, then }) => then !== 'redact' || when.sensitive !== undefined, {
    path: ['when', 'sensitive'],
    message: 'must say what is to be redacted',
  })
export type RequestRule = z.infer<typeof RequestRule>

/** Which answers a rule is about: those to requests that fit, and of these statuses. Nothing said: all. */
export const ResponseCondition = z.strictObject({
  ...where,
  statuses: z.array(z.number().int().min(100).max(599)).min(1).max(conditionsMax).optional(),
})
export type ResponseCondition = z.infer<typeof ResponseCondition>

const Fields = z.array(JsonPath.min(1, 'must name a member')).min(1).max(200)

/**
 * A rule on answers. All that match apply, in order: `keep` leaves only these members, `drop` takes these out, `redact` replaces
 * what it finds in strings (and in numbers). To text that is no JSON only `redact` can be applied; an answer to which a rule
 * cannot be applied is withheld.
 */
export const ResponseRule = z
  .strictObject({
    ...named,
    when: ResponseCondition.optional(),
    keep: Fields.optional(),
    drop: Fields.optional(),
    redact: Kinds.min(1).optional(),
    redactCustom: CustomKinds.min(1).optional(),
  })
  .refine(
    ({ keep, drop, redact, redactCustom }) =>
      [keep, drop, redact, redactCustom].some((part) => part !== undefined),
    { path: ['keep'], message: 'must say what to keep, drop or redact' },
  )
export type ResponseRule = z.infer<typeof ResponseRule>

const haveOwnIds = (rules: readonly { readonly id: string }[]) =>
  new Set(rules.map(({ id }) => id)).size === rules.length
const ownIds = 'must each have an id of its own'

export const RequestRules = z.array(RequestRule).max(rulesMax).refine(haveOwnIds, ownIds)
export const ResponseRules = z.array(ResponseRule).max(rulesMax).refine(haveOwnIds, ownIds)
