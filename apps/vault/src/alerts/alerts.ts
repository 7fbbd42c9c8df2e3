// This room says when an agent does what it does not usually do, and disables it where its owner wants that.

import {
  type Alert,
  type AlertSettings,
  type acknowledgeAlert,
  type acknowledgeAlerts,
  defaultAlertSettings,
  type getAlertSettings,
  type InputOf,
  type listAlerts,
  type OutputOf,
  Problem,
  type putAlertSettings,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import type { AlertStore, StoredAlert } from './alert-store.ts'
import { isTimeZone } from './wall-clock.ts'

const openCountMax = 1_000

/** What this room needs of others. */
export interface AlertsNeeds {
  readonly store: AlertStore
  /** Durable when it resolves: recorded after the change and before the answer. */
  readonly audit: {
    record(event: {
      readonly auditId: string
      readonly workspaceId: string
      readonly ownerId: string
      /** The id of the operation, e.g. `acknowledgeAlert`. */
      readonly operation: string
      readonly outcome: 'done'
      readonly agentId?: string | undefined
      readonly detail?: Readonly<Record<string, string | number | readonly string[]>>
    }): Promise<unknown>
  }
  readonly newId: (kind: 'audit') => string
  /** Ms since the epoch. */
  readonly now: () => number
}

/** The room's operations, each on the caller's own workspace. */
export interface Alerts {
  list(
    owner: AuthenticatedOwner,
    input: InputOf<typeof listAlerts>,
  ): Promise<OutputOf<typeof listAlerts>>
  /** Once more changes nothing. Problem: `alert-not-found`. */
  acknowledge(
    owner: AuthenticatedOwner,
    input: InputOf<typeof acknowledgeAlert>,
  ): Promise<OutputOf<typeof acknowledgeAlert>>
  acknowledgeAll(
    owner: AuthenticatedOwner,
    input: InputOf<typeof acknowledgeAlerts>,
  ): Promise<OutputOf<typeof acknowledgeAlerts>>
  getSettings(owner: AuthenticatedOwner): Promise<OutputOf<typeof getAlertSettings>>
  /** Problem: `invalid-input` for a time zone that is not known here. */
  putSettings(
    owner: AuthenticatedOwner,
    input: InputOf<typeof putAlertSettings>,
  ): Promise<OutputOf<typeof putAlertSettings>>
}

type Event = Omit<
  Parameters<AlertsNeeds['audit']['record']>[0],
  'auditId' | 'workspaceId' | 'ownerId' | 'outcome'
>

/** Builds the room. */
export function createAlerts(needs: AlertsNeeds): Alerts {
  const { store } = needs
  const record = ({ workspaceId, ownerId }: AuthenticatedOwner, event: Event) =>
    needs.audit.record({
      auditId: needs.newId('audit'),
      workspaceId,
      ownerId,
      outcome: 'done',
      ...event,
    })
  const by = ({ ownerId, email }: AuthenticatedOwner) => ({
    ownerId,
    email,
    at: new Date(needs.now()),
  })
  return {
    async list({ workspaceId }, { cursor, limit, ...filters }) {
      const input = { cursor, limit }
      const [rows, openCount] = await Promise.all([
        store.list(workspaceId, { ...readPage(input), ...filters }),
        store.countOpen(workspaceId, openCountMax),
      ])
      const { page, ...rest } = writePage(rows, input)
      return { alerts: page.map(view), openCount, ...rest }
    },

    async acknowledge(owner, { alertId }) {
      if (!isLookupId(alertId)) throw notFound()
      const { workspaceId } = owner
      const isNew = await store.acknowledge(workspaceId, alertId, by(owner))
      const found = await store.find(workspaceId, alertId)
      if (found === undefined) throw notFound()
      const { agentId, kind } = found
      const event = { operation: 'acknowledgeAlert', agentId, detail: { alertId, kind } }
      if (isNew) await record(owner, event)
      return { alert: view(found) }
    },

    async acknowledgeAll(owner, { agentId }) {
      const isNobody = agentId !== undefined && !isLookupId(agentId)
      if (isNobody) return { acknowledged: 0 }
      const acknowledged = await store.acknowledgeAll(owner.workspaceId, by(owner), agentId)
      const event = { operation: 'acknowledgeAlerts', agentId, detail: { acknowledged } }
      if (acknowledged > 0) await record(owner, event)
      return { acknowledged }
    },

    async getSettings({ workspaceId }) {
      return { alertSettings: (await store.findSettings(workspaceId)) ?? defaultAlertSettings }
    },

    async putSettings(owner, input) {
      if (!isTimeZone(input.timezone)) throw noTimeZone()
      const alertSettings = { ...input, freezeOn: [...new Set(input.freezeOn)] }
      await store.putSettings(owner.workspaceId, alertSettings)
      await record(owner, { operation: 'putAlertSettings', detail: detailOf(alertSettings) })
      return { alertSettings }
    },
  }
}

const detailOf = ({ sensitivity, timezone, freezeOn }: AlertSettings) => ({
  ...sensitivity,
  timezone,
  freezeOn,
})

const notFound = () =>
  new Problem('alert-not-found', 'There is no such alert in this workspace.', {
    next: 'List the alerts to find its id.',
  })

const noTimeZone = () =>
  new Problem('invalid-input', 'The field timezone is no time zone that is known here.', {
    next: 'Correct what is named and send it again.',
    fields: [{ field: 'timezone', message: 'must be an IANA name, such as Europe/Berlin' }],
  })

function view(row: StoredAlert): Alert {
  const { acknowledgedAt, acknowledgedBy, acknowledgedByEmail: email } = row
  const label = row.connectionLabel
  return {
    id: row.id,
    kind: row.kind,
    agent: { id: row.agentId, name: row.agentName },
    ...(row.connectionId !== null &&
      label !== null && { connection: { id: row.connectionId, label } }),
    at: row.createdAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
    sentence: row.sentence,
    ...(row.observed !== null && { observed: row.observed }),
    ...(row.usual !== null && { usual: row.usual }),
    ...(row.threshold !== null && { threshold: row.threshold }),
    agentDisabled: row.agentDisabled,
    status: acknowledgedAt === null ? 'open' : 'acknowledged',
    ...(acknowledgedBy !== null &&
      email !== null && { acknowledgedBy: { ownerId: acknowledgedBy, email } }),
    ...(acknowledgedAt !== null && { acknowledgedAt: acknowledgedAt.toISOString() }),
  }
}
