import type { BodyCondition, QueryCondition } from '@sallyport/contracts'
import type { GuardRole } from './guard-preset.ts'

/** Writing requests that fit all of it. */
export interface GuardedWhen {
  /** Of the action's; without: all of them. */
  readonly paths?: readonly string[]
  readonly body?: readonly BodyCondition[]
  readonly query?: readonly QueryCondition[]
}

/** Where an action's requests say what presets ask about. */
export interface GuardBinding {
  /** Paths into the body, by role. */
  readonly fields: Partial<Record<GuardRole, readonly string[]>>
  /** What a preset of the role holds beside what stands in the fields: where leaving something out means everybody. */
  readonly also?: Partial<Record<GuardRole, readonly GuardedWhen[]>>
  /** Requests that delete or withdraw by another method than DELETE. */
  readonly deletions?: readonly string[]
  /** Those that do by what they say. */
  readonly deletionsWhen?: readonly GuardedWhen[]
  /** Requests that do not show what they send: a draft by its id, or what services take from the query as well. */
  readonly unseen?: {
    readonly what: 'messages' | 'events' | 'files'
    readonly when: readonly GuardedWhen[]
  }
  /** Where a file itself is sent: names are looked for elsewhere. */
  readonly uploads?: readonly string[]
}

export const is = (path: string, ...value: readonly (string | boolean)[]): BodyCondition => ({
  ...{ path, op: 'in', value: [...value] },
  ignoreCase: true,
})
export const has = (path: string): BodyCondition => ({ path, op: 'exists' })
export const lacks = (path: string): BodyCondition => ({ path, op: 'exists', value: false })
/** Arguments that a service takes from the query as well as from the body. */
export const inQuery = (...names: readonly string[]): GuardedWhen[] =>
  names.map((name) => ({ query: [{ name, op: 'exists' }] }))

/** Names of types of what runs when it is opened, as mail and browsers tell them. */
const executableTypes = [
  'application/x-msdownload',
  'application/x-dosexec',
  'application/x-executable',
  'application/x-ms-installer',
  'application/x-msi',
  'application/x-sh',
  'application/x-shellscript',
  'application/x-bat',
  'application/hta',
  'application/java-archive',
  'application/javascript',
  'application/vnd.microsoft.portable-executable',
  'application/x-apple-diskimage',
  'application/vnd.android.package-archive',
  'text/javascript',
  'text/vbscript',
]
/** A file that has a type and no name that would say as much. */
export const executable = (path: string): GuardedWhen => ({ body: [is(path, ...executableTypes)] })
