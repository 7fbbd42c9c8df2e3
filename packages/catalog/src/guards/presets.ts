import type { GuardPart, RateLimits, RequestRule, SensitiveName } from '@sallyport/contracts'

/** What an action binds to places in its requests, so that presets can speak of them. */
export const guardRoles = [
  'recipients',
  'recipientLists',
  'text',
  'attachmentNames',
  'audience',
  'shareWith',
  'shareRole',
  'fileNames',
  'attendees',
  'attendeeLists',
  'eventStart',
  'query',
] as const
export type GuardRole = (typeof guardRoles)[number]

type Scalar = string | number | boolean

/** What a preset compares each bound place with. `outside`: with the owner's own domains. */
export type GuardTest =
  | { readonly op: 'in' | 'contains' | 'matches'; readonly value: readonly Scalar[] }
  | { readonly op: 'count_gt'; readonly value: number }
  | { readonly op: 'exists' }
  | { readonly op: 'outside' }

/** A guard preset: what it keeps back and how, as data. It becomes one rule for each place that it is about. */
export interface GuardPreset {
  readonly id: string
  readonly group: GuardPart['group']
  readonly label: string
  /** In plain words, for the owner who reads it. */
  readonly sentence: string
  readonly effect?: RequestRule['then']
  /** The places that it looks at. None: the request itself. */
  readonly role?: GuardRole
  readonly test?: GuardTest
  /** Finds these in the places of `text`, or in the whole body where the action binds none. */
  readonly sensitive?: readonly SensitiveName[]
  /** Only requests that delete or withdraw: DELETE, and what the action names as such. */
  readonly ofDeletions?: boolean
  /** Taken out of answers. */
  readonly redact?: readonly SensitiveName[]
  readonly limits?: RateLimits
}

const executables =
  '(?i)\\.(exe|bat|cmd|com|scr|pif|js|jse|vbs|vbe|wsf|hta|ps1|jar|msi|msix|iso|img|lnk|reg|dll|apk|dmg|pkg|sh)\\s*$'
const telling =
  '(?i)(passw(or)?d|secret|credential|private.?key|api.?key|id_rsa|\\.env\\b|\\.pem\\b|\\.p12\\b|\\.pfx\\b|\\.kdbx\\b|payroll|salar(y|ies)|passport|confidential)'

const messaging = [
  {
    id: 'external-recipients',
    group: 'messaging',
    label: 'Recipients outside',
    sentence: 'Asks you before a message goes to somebody outside your own domains.',
    effect: 'require_approval',
    role: 'recipients',
    test: { op: 'outside' },
  },
  {
    id: 'external-recipients-denied',
    group: 'messaging',
    label: 'No recipients outside',
    sentence: 'Refuses messages to anybody outside your own domains.',
    effect: 'deny',
    role: 'recipients',
    test: { op: 'outside' },
  },
  {
    id: 'many-recipients',
    group: 'messaging',
    label: 'Many recipients',
    sentence: 'Asks you before a message goes to more than 10 people in one field.',
    effect: 'require_approval',
    role: 'recipientLists',
    test: { op: 'count_gt', value: 10 },
  },
  {
    id: 'everyone-mentioned',
    group: 'messaging',
    label: 'Everybody is called',
    sentence: 'Asks you before a message calls everybody in a channel.',
    effect: 'require_approval',
    role: 'text',
    test: {
      op: 'contains',
      value: ['<!channel>', '<!everyone>', '<!here>', '@everyone', '@here', '@channel'],
    },
  },
  {
    id: 'attachments',
    group: 'messaging',
    label: 'Attachments',
    sentence: 'Asks you before anything is attached to a message.',
    effect: 'require_approval',
    role: 'attachmentNames',
    test: { op: 'exists' },
  },
  {
    id: 'risky-attachments',
    group: 'messaging',
    label: 'Programs as attachments',
    sentence: 'Refuses messages with programs or scripts attached.',
    effect: 'deny',
    role: 'attachmentNames',
    test: { op: 'matches', value: [executables] },
  },
  {
    id: 'personal-data-sent',
    group: 'messaging',
    label: 'Personal data in the text',
    sentence: 'Asks you before card, account or identity numbers are sent.',
    effect: 'require_approval',
    sensitive: ['financial', 'identity'],
  },
  {
    id: 'personal-data-denied',
    group: 'messaging',
    label: 'No personal data in the text',
    sentence: 'Refuses to send card, account or identity numbers.',
    effect: 'deny',
    sensitive: ['financial', 'identity'],
  },
  {
    id: 'secrets-sent',
    group: 'messaging',
    label: 'Keys and tokens in the text',
    sentence: 'Refuses to send keys, tokens and passwords.',
    effect: 'deny',
    sensitive: ['credentials'],
  },
] as const satisfies readonly GuardPreset[]

const files = [
  {
    id: 'public-link',
    group: 'files',
    label: 'Public links',
    sentence: 'Asks you before anything can be opened by everybody who has a link.',
    effect: 'require_approval',
    role: 'audience',
    test: { op: 'in', value: ['anyone', 'anonymous', 'public', 'open', true] },
  },
  {
    id: 'public-link-denied',
    group: 'files',
    label: 'No public links',
    sentence: 'Refuses to make anything open to everybody who has a link.',
    effect: 'deny',
    role: 'audience',
    test: { op: 'in', value: ['anyone', 'anonymous', 'public', 'open', true] },
  },
  {
    id: 'external-share',
    group: 'files',
    label: 'Shared outside',
    sentence: 'Asks you before anything is shared with somebody outside your own domains.',
    effect: 'require_approval',
    role: 'shareWith',
    test: { op: 'outside' },
  },
  {
    id: 'external-share-denied',
    group: 'files',
    label: 'Nothing shared outside',
    sentence: 'Refuses to share anything outside your own domains.',
    effect: 'deny',
    role: 'shareWith',
    test: { op: 'outside' },
  },
  {
    id: 'edit-access',
    group: 'files',
    label: 'Rights to change',
    sentence: 'Asks you before somebody may change what is shared, or owns it.',
    effect: 'require_approval',
    role: 'shareRole',
    test: { op: 'in', value: ['writer', 'fileOrganizer', 'organizer', 'owner', 'write', 'edit'] },
  },
  {
    id: 'telling-names',
    group: 'files',
    label: 'Telling names',
    sentence: 'Asks you about files whose names speak of passwords, keys, salaries or passports.',
    effect: 'require_approval',
    role: 'fileNames',
    test: { op: 'matches', value: [telling] },
  },
  {
    id: 'risky-files',
    group: 'files',
    label: 'Programs as files',
    sentence: 'Refuses to store programs and scripts.',
    effect: 'deny',
    role: 'fileNames',
    test: { op: 'matches', value: [executables] },
  },
] as const satisfies readonly GuardPreset[]

const calendar = [
  {
    id: 'external-attendees',
    group: 'calendar',
    label: 'Guests outside',
    sentence: 'Asks you before somebody outside your own domains is invited.',
    effect: 'require_approval',
    role: 'attendees',
    test: { op: 'outside' },
  },
  {
    id: 'external-attendees-denied',
    group: 'calendar',
    label: 'No guests outside',
    sentence: 'Refuses to invite anybody outside your own domains.',
    effect: 'deny',
    role: 'attendees',
    test: { op: 'outside' },
  },
  {
    id: 'many-attendees',
    group: 'calendar',
    label: 'Many guests',
    sentence: 'Asks you before more than 20 people are invited.',
    effect: 'require_approval',
    role: 'attendeeLists',
    test: { op: 'count_gt', value: 20 },
  },
  {
    id: 'off-hours-events',
    group: 'calendar',
    label: 'Events at night',
    sentence:
      'Asks you about events that begin between 21:00 and 07:00, as the event writes its time.',
    effect: 'require_approval',
    role: 'eventStart',
    test: { op: 'matches', value: ['T(0[0-6]|2[1-3]):'] },
  },
] as const satisfies readonly GuardPreset[]

const reading = [
  {
    id: 'secrets-in-answers',
    group: 'reading',
    label: 'Keys and tokens in answers',
    sentence: 'Takes keys, tokens and passwords out of what the agent reads.',
    redact: ['credentials'],
  },
  {
    id: 'personal-data-in-answers',
    group: 'reading',
    label: 'Personal data in answers',
    sentence: 'Takes card, account and identity numbers out of what the agent reads.',
    redact: ['financial', 'identity'],
  },
  {
    id: 'contacts-in-answers',
    group: 'reading',
    label: 'Addresses in answers',
    sentence: 'Takes e-mail addresses and telephone numbers out of what the agent reads.',
    redact: ['email', 'phone'],
  },
  {
    id: 'reading-rate',
    group: 'reading',
    label: 'How fast it reads',
    sentence: 'Allows at most 30 such requests a minute and 500 a day.',
    limits: { perMinute: 30, perDay: 500 },
  },
] as const satisfies readonly GuardPreset[]

const others = [
  {
    id: 'deletions',
    group: 'destructive',
    label: 'Deleting',
    sentence: 'Asks you before anything is deleted, removed or withdrawn.',
    effect: 'require_approval',
    ofDeletions: true,
  },
  {
    id: 'deletions-denied',
    group: 'destructive',
    label: 'No deleting',
    sentence: 'Refuses to delete, remove or withdraw anything.',
    effect: 'deny',
    ofDeletions: true,
  },
  {
    id: 'mutations-that-delete',
    group: 'destructive',
    label: 'Mutations that delete',
    sentence: 'Asks you before a GraphQL mutation that deletes, archives or removes something.',
    effect: 'require_approval',
    role: 'query',
    test: { op: 'matches', value: ['(?is)\\bmutation\\b.*\\b\\w*(delete|archive|remove)'] },
  },
  {
    id: 'every-change',
    group: 'administrative',
    label: 'Every change',
    sentence: 'Asks you before every request that may change something, whatever else is said.',
    effect: 'require_approval',
  },
] as const satisfies readonly GuardPreset[]

/** All presets. */
export const guardPresets: readonly GuardPreset[] = [
  ...messaging,
  ...files,
  ...calendar,
  ...reading,
  ...others,
]

export type GuardPresetId =
  | (typeof messaging)[number]['id']
  | (typeof files)[number]['id']
  | (typeof calendar)[number]['id']
  | (typeof reading)[number]['id']
  | (typeof others)[number]['id']
