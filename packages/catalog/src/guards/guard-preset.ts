import type { GuardPart, RateLimits, RequestRule, SensitiveName } from '@sallyport/contracts'

/** What an action binds to places in its requests, so that presets can speak of them. */
export const guardRoles = [
  'recipients',
  'recipientLists',
  'text',
  'attachmentNames',
  'attachmentLists',
  'audience',
  'shareWith',
  'shareDomains',
  'shareRole',
  'fileNames',
  'attendees',
  'attendeeLists',
  'eventStart',
  'query',
] as const
export type GuardRole = (typeof guardRoles)[number]

type Scalar = string | number | boolean

/** What a preset compares each bound place with. `outside`, `foreign`: addresses, and domains, with the owner's own domains. */
export type GuardTest =
  | { readonly op: 'in' | 'contains' | 'matches'; readonly value: readonly Scalar[] }
  | { readonly op: 'count_gt'; readonly value: number }
  | { readonly op: 'exists' }
  | { readonly op: 'outside' }
  | { readonly op: 'foreign' }

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
  /** Only requests that do not show what they send, and uploads of files. */
  readonly ofUnseen?: boolean
  /** Taken out of answers. */
  readonly redact?: readonly SensitiveName[]
  readonly limits?: RateLimits
}
