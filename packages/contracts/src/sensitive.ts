import { z } from 'zod'

/** What can be found in text, by group. A kind whose number has a checksum is found only where that is right. */
export const sensitiveGroups = {
  contact: ['email', 'phone', 'ip_address', 'mac_address', 'url'],
  financial: ['credit_card', 'iban', 'crypto_wallet', 'us_bank_routing'],
  identity: [
    'date_of_birth',
    'us_ssn',
    'us_itin',
    'us_passport',
    'us_driver_license',
    'us_npi',
    'uk_nhs',
    'uk_nino',
    'it_fiscal_code',
    'it_vat',
    'in_aadhaar',
    'in_pan',
    'es_nif',
    'es_nie',
    'au_tfn',
    'au_abn',
    'pl_pesel',
    'fi_pic',
    'th_tnin',
    'kr_rrn',
    'sg_fin',
  ],
  credentials: ['secret'],
} as const

/** One kind of sensitive data. */
export type SensitiveKind = (typeof sensitiveGroups)[keyof typeof sensitiveGroups][number]

/** Every kind, in the order of the groups. */
export const sensitiveKinds = Object.values(sensitiveGroups).flat() as [
  SensitiveKind,
  ...SensitiveKind[],
]

/** Groups as they may be written in place of their kinds. */
export const sensitiveGroupNames = [
  'contact',
  'financial',
  'identity',
  'credentials',
  'all',
] as const
export type SensitiveGroup = (typeof sensitiveGroupNames)[number]

/** A kind or a group of kinds. */
export const SensitiveName = z.enum([...sensitiveGroupNames, ...sensitiveKinds])
export type SensitiveName = z.infer<typeof SensitiveName>

/** The longest expression, in characters. It is RE2's syntax, matched in linear time; look-around and back-references are none of it. */
export const expressionCharsMax = 500

/** An owner's own kind: what it is called, and an expression (RE2) that finds it. */
export const CustomKind = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _'),
  pattern: z.string().min(1, 'must not be empty').max(expressionCharsMax),
})
export type CustomKind = z.infer<typeof CustomKind>

/** The kinds that names stand for, each once, in the order of `sensitiveKinds`. */
export function expandSensitiveNames(names: readonly SensitiveName[]): SensitiveKind[] {
  const groups = sensitiveGroups as Readonly<Record<string, readonly SensitiveKind[]>>
  const wanted = new Set(names.flatMap((name): readonly string[] => groups[name] ?? [name]))
  return wanted.has('all') ? [...sensitiveKinds] : sensitiveKinds.filter((kind) => wanted.has(kind))
}
