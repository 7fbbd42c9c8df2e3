import type { AlertKind, NotificationKind, Role } from '@sallyport/contracts'
import { rolesWith } from '../identity/roles.ts'
import { type Fact, factCharsMax, type Message, type Severity, titleCharsMax } from './message.ts'
import type { StoredChannel, Subject } from './notify-store.ts'
import { plainWords } from './plain-words.ts'
import { askedOf } from './sealed-reference.ts'

/** Who may read what an event is about: whoever may not is not told of it. */
export const readersOf: Readonly<Record<NotificationKind, readonly Role[]>> = {
  approval: rolesWith('approvals:read'),
  capability: rolesWith('capabilities:read'),
  needs_reauth: rolesWith('connections:read'),
  limit_reached: rolesWith('audit:read'),
  unusual_activity: rolesWith('audit:read'),
  freeze: rolesWith('workspace:read'),
}
const deciders = rolesWith('approvals:write')

/** Why nobody needs to be told any more; undefined while somebody does. */
export function overReason(subject: Subject | undefined): string | undefined {
  if (subject === undefined) return 'What it was about does not exist any more.'
  switch (subject.kind) {
    case 'approval':
      return subject.status === 'pending' ? undefined : `The approval is ${subject.status}.`
    case 'capability':
      return subject.status === 'pending' ? undefined : `The request is ${subject.status}.`
    case 'needs_reauth':
      return subject.status === 'needs_reauth' ? undefined : `The connection is ${subject.status}.`
    case 'freeze':
      return subject.frozenAt === null ? 'The workspace is no longer frozen.' : undefined
    default:
      return subject.isAcknowledged ? 'Somebody has looked at the alert.' : undefined
  }
}

type Told = Pick<StoredChannel, 'detail'>

/** What the owner of a channel is told of a subject. `minimal` names nothing that is the workspace's. */
export function writeMessage(
  subject: Subject,
  channel: Told,
  at: { readonly pagesUrl: string; readonly ownerRole: Role },
): Message {
  const { title, page, severity, facts } = contentOf(subject)
  const isFull = channel.detail === 'full'
  return {
    kind: subject.kind,
    title: isFull ? plainWords(title, titleCharsMax) : minimalTitles[subject.kind],
    facts: isFull ? facts.map(bounded) : [],
    url: `${at.pagesUrl}${page}`,
    subjectId: subject.id,
    severity,
    detail: channel.detail,
    ...(subject.kind === 'approval' && {
      expiresAt: subject.expiresAt,
      ...(mayDecide(subject, at.ownerRole) && { mayDecide: decidableOf(subject) }),
    }),
  }
}

/** One message about much. */
export function writeGathered(
  subjects: readonly Subject[],
  { detail }: Told,
  { pagesUrl }: { readonly pagesUrl: string },
): Message {
  const kinds = [...new Set(subjects.map(({ kind }) => kind))]
  const [first = 'approval'] = kinds
  const counts = kinds.map((kind) => {
    const count = subjects.filter((subject) => subject.kind === kind).length
    return { name: gatheredNames[kind], value: String(count) }
  })
  const waits = kinds.every((kind) => kind === 'approval' || kind === 'capability')
  return {
    kind: first,
    title: waits
      ? `${subjects.length} requests wait for you`
      : `${subjects.length} things happened`,
    facts: detail === 'full' ? counts : [],
    url: kinds.length === 1 ? `${pagesUrl}${gatheredPages[first]}` : `${pagesUrl}/`,
    severity: waits ? 'urgent' : 'high',
    detail,
  }
}

/** What a test says. */
export const writeTest = (
  { detail, label }: Pick<StoredChannel, 'detail' | 'label'>,
  { pagesUrl }: { readonly pagesUrl: string },
): Message => ({
  kind: 'test',
  title: 'A test: Sallyport reaches you here',
  facts: detail === 'full' ? [{ name: 'Channel', value: plainWords(label, factCharsMax) }] : [],
  url: `${pagesUrl}/settings/notifications`,
  severity: 'normal',
  detail,
})

interface Content {
  readonly title: string
  readonly page: string
  readonly severity: Severity
  readonly facts: readonly Fact[]
}

type Of<K extends Subject['kind']> = Extract<Subject, { kind: K }>

function contentOf(subject: Subject): Content {
  switch (subject.kind) {
    case 'approval':
      return ofApproval(subject)
    case 'capability':
      return ofCapability(subject)
    case 'needs_reauth':
      return ofConnection(subject)
    case 'freeze':
      return ofFreeze(subject)
    default:
      return ofAlert(subject)
  }
}

function ofApproval(approval: Of<'approval'>): Content {
  const { agentName, method, host, path, agentReason, tool } = approval
  const needs = [
    ...(approval.ownersNeeded > 1 ? [`${approval.ownersNeeded} people`] : []),
    ...(approval.freshSignIn ? ['a fresh sign-in'] : []),
  ]
  return {
    title: `${agentName} asks: ${method} ${host}${path}`,
    page: `/approvals/${encodeURIComponent(approval.id)}`,
    severity: 'urgent',
    facts: [
      { name: 'Agent', value: agentName },
      ...(tool === null || tool === undefined ? [] : [{ name: 'Tool', value: tool }]),
      { name: 'Request', value: `${method} ${host}${path}` },
      { name: 'Connection', value: approval.connectionLabel },
      { name: 'Why you are asked', value: approval.reason },
      ...agentSays(agentReason),
      ...(needs.length > 0 ? [{ name: 'A yes takes', value: needs.join(' and ') }] : []),
      { name: 'Until', value: minuteOf(approval.expiresAt) },
    ],
  }
}

function ofCapability({ id, agentName, actionTemplateId, agentReason }: Of<'capability'>): Content {
  return {
    title: `${agentName} asks for ${actionTemplateId}`,
    page: `/capability-requests/${encodeURIComponent(id)}`,
    severity: 'high',
    facts: [
      { name: 'Agent', value: agentName },
      { name: 'Capability', value: actionTemplateId },
      ...agentSays(agentReason),
    ],
  }
}

function ofConnection({ id, label, service, reason }: Of<'needs_reauth'>): Content {
  return {
    title: `${label} has to be reconnected`,
    page: `/connections/${encodeURIComponent(id)}`,
    severity: 'high',
    facts: [
      { name: 'Connection', value: label },
      { name: 'Service', value: service },
      ...(reason === null ? [] : [{ name: 'Why', value: reason }]),
      { name: 'Until then', value: 'requests through it are refused' },
    ],
  }
}

function ofFreeze({ name, frozenAt, frozenByEmail }: Of<'freeze'>): Content {
  return {
    title: `The workspace ${name} is frozen`,
    page: '/settings',
    severity: 'urgent',
    facts: [
      { name: 'Workspace', value: name },
      ...(frozenByEmail === null ? [] : [{ name: 'By', value: frozenByEmail }]),
      ...(frozenAt === null ? [] : [{ name: 'Since', value: minuteOf(frozenAt) }]),
      { name: 'Until it is lifted', value: 'no request of any agent goes out' },
    ],
  }
}

function ofAlert(alert: Of<'limit_reached' | 'unusual_activity'>): Content {
  const { agentName, connectionLabel, sentence, agentDisabled } = alert
  return {
    title: `${agentName}: ${alertTitles[alert.alertKind]}`,
    page: '/alerts',
    severity: agentDisabled ? 'urgent' : 'high',
    facts: [
      { name: 'Agent', value: agentName },
      ...(connectionLabel === null ? [] : [{ name: 'Connection', value: connectionLabel }]),
      { name: 'What', value: sentence },
      ...(agentDisabled ? [{ name: 'Done', value: 'the agent was disabled' }] : []),
    ],
  }
}

const alertTitles: Readonly<Record<AlertKind, string>> = {
  limit_reached: 'a limit was reached',
  burst: 'a burst of attempts',
  many_denials: 'refused again and again',
  new_host: 'a host that is new',
  unusual_hours: 'at work at unusual hours',
  volume: 'more bytes than usual',
}

const minimalTitles: Readonly<Record<Subject['kind'], string>> = {
  approval: 'A request waits for your answer',
  capability: 'An agent asks for a capability',
  needs_reauth: 'A connection has to be reconnected',
  limit_reached: 'An agent reached a limit',
  unusual_activity: 'An agent does what it does not usually do',
  freeze: 'The workspace is frozen',
}

const gatheredNames: Readonly<Record<Subject['kind'], string>> = {
  approval: 'Requests to decide',
  capability: 'Capabilities asked for',
  needs_reauth: 'Connections to reconnect',
  limit_reached: 'Limits reached',
  unusual_activity: 'Unusual activity',
  freeze: 'Freezes',
}

const gatheredPages: Readonly<Record<Subject['kind'], string>> = {
  approval: '/approvals',
  capability: '/capability-requests',
  needs_reauth: '/connections',
  limit_reached: '/alerts',
  unusual_activity: '/alerts',
  freeze: '/settings',
}

const quoteChars = 2

/** In quotation marks: what stands between them is the agent's, and no word of ours. */
const agentSays = (words: string | null): Fact[] => {
  const said = plainWords(words ?? '', factCharsMax - quoteChars)
  return said === ''
    ? []
    : [{ name: 'The agent says', value: `“${said.replaceAll(/[“”]/g, '"')}”` }]
}

const bounded = ({ name, value }: Fact): Fact => ({ name, value: plainWords(value, factCharsMax) })

/** `2026-11-21 14:05 UTC`: whoever reads it may be anywhere. */
const minuteOf = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What cannot be shown whole beside a button has none. */
const askedCharsMax = 200

const mayDecide = (subject: Of<'approval'>, role: Role): boolean => {
  const asked = askedOf(subject)
  return (
    !subject.freshSignIn &&
    subject.ownersNeeded === 1 &&
    deciders.includes(role) &&
    plainWords(asked, askedCharsMax) === asked
  )
}

const decidableOf = ({ id, method, host, path }: Of<'approval'>) => ({
  approvalId: id,
  ...{ method, host, path },
})
