import type { AuditEntry } from '@sallyport/contracts'

// Entries as events of the Open Cybersecurity Schema Framework: class API Activity (6003), profile Security Control.
// https://schema.ocsf.io/classes/api_activity

/** The version of the schema that the events are of. */
const ocsfVersion = '1.8.0'

const categoryUid = 6
const classUid = 6003
const activities = ['Unknown', 'Create', 'Read', 'Update', 'Delete'] as const
const otherActivity = 99
/** HTTP statuses from here on are the other side's refusals. */
const failureStatusMin = 400

/** Where an event comes from. */
export interface OcsfSource {
  readonly workspaceId: string
  /** Of the vault. */
  readonly version: string
}

/**
 * An entry as one event. What the schema has no attribute for stands under `unmapped`, by the names of
 * docs/audit-format.md. `metadata.uid` is the entry's id, the same however often it is written; of two events with the same one the
 * higher `metadata.sequence` counts.
 */
export function ocsfEvent(entry: AuditEntry, source: OcsfSource): Record<string, unknown> {
  const activityId = activityOf(entry)
  return defined({
    activity_id: activityId,
    activity_name: activities[activityId] ?? entry.operation,
    category_uid: categoryUid,
    category_name: 'Application Activity',
    class_uid: classUid,
    class_name: 'API Activity',
    type_uid: classUid * 100 + activityId,
    ...severityOf(entry),
    ...statusOf(entry),
    status_detail: entry.problem,
    message: entry.reason,
    time: Date.parse(entry.at),
    end_time: entry.endedAt === undefined ? undefined : Date.parse(entry.endedAt),
    duration: entry.durationMs === undefined ? undefined : Math.round(entry.durationMs),
    metadata: {
      version: ocsfVersion,
      product: { name: 'Sallyport', vendor_name: 'Sallyport', version: source.version },
      profiles: ['security_control'],
      log_name: 'audit',
      uid: entry.id,
      original_event_uid: entry.id,
      original_time: entry.at,
      sequence: entry.seq,
      tenant_uid: source.workspaceId,
    },
    actor: actorOf(entry),
    api: apiOf(entry),
    src_endpoint: {
      uid: entry.agentId ?? entry.ownerId ?? source.workspaceId,
      name: sideOf(entry),
    },
    dst_endpoint: entry.host === undefined ? undefined : { hostname: entry.host },
    http_request: httpRequestOf(entry),
    http_response: entry.status === undefined ? undefined : httpResponseOf(entry, entry.status),
    resources: resourcesOf(entry),
    ...actionOf(entry),
    policy: policyOf(entry),
    unmapped: unmappedOf(entry),
  })
}

const methodActivities: Readonly<Record<string, number>> = {
  POST: 1,
  GET: 2,
  HEAD: 2,
  PUT: 3,
  PATCH: 3,
  DELETE: 4,
}
const verbs: readonly (readonly [pattern: RegExp, activity: number])[] = [
  [/^(create|add|start|register|import|install)/, 1],
  [/^(get|list|read|count|verify|export|simulate|test|try|preview)/, 2],
  [/^(update|put|rename|renew|rotate|enable|disable|approve|deny|set|change|toggle|revoke)/, 3],
  [/^(delete|remove|prune)/, 4],
]

function activityOf({ operation, method }: AuditEntry): number {
  if (method !== undefined) return methodActivities[method] ?? otherActivity
  return verbs.find(([pattern]) => pattern.test(operation))?.[1] ?? otherActivity
}

/** Informational; low where something was refused or failed: what of it is an alarm, the reader's rules say. */
const severityOf = ({ outcome }: AuditEntry) =>
  outcome === 'refused' || outcome === 'failed' || outcome === 'unknown'
    ? { severity_id: 2, severity: 'Low' }
    : { severity_id: 1, severity: 'Informational' }

function statusOf({ outcome, status }: AuditEntry) {
  if (outcome === 'pending' || outcome === 'unknown') return { status_id: 0, status: outcome }
  if (outcome === 'refused' || outcome === 'failed') return { status_id: 2, status: 'Failure' }
  const failed = status !== undefined && status >= failureStatusMin
  return failed ? { status_id: 2, status: 'Failure' } : { status_id: 1, status: 'Success' }
}

function actionOf({ decision, outcome }: AuditEntry) {
  if (decision === 'allow') return { action_id: 1, action: 'Allowed', disposition_id: 1 }
  if (decision === 'deny') return { action_id: 2, action: 'Denied', disposition_id: 2 }
  if (decision === 'require_approval') {
    return { action_id: 99, action: 'Approval required', disposition_id: 99 }
  }
  return outcome === 'refused'
    ? { action_id: 2, action: 'Denied', disposition_id: 2 }
    : { action_id: 3, action: 'Observed', disposition_id: 17 }
}

const sideOf = ({ agentId, ownerId }: AuditEntry): string =>
  agentId !== undefined ? 'agent' : ownerId !== undefined ? 'owner' : 'vault'

function actorOf(entry: AuditEntry) {
  const { agentId, ownerId } = entry
  if (agentId !== undefined) return { app_uid: agentId, app_name: 'agent' }
  if (ownerId !== undefined) return { user: { uid: ownerId, type_id: 1, type: 'User' } }
  return { app_name: 'sallyport' }
}

const apiOf = (entry: AuditEntry) =>
  defined({
    operation: entry.operation,
    request: { uid: entry.id },
    response: defined({
      code: entry.status,
      error: entry.problem,
      error_message: entry.problem === undefined ? undefined : entry.reason,
    }),
    service: { name: entry.host ?? 'sallyport' },
  })

function httpRequestOf({ method, host, path, requestBytes }: AuditEntry) {
  if (method === undefined) return undefined
  return defined({
    http_method: method,
    url: defined({ hostname: host, path: path ?? '/', scheme: 'https' }),
    length: requestBytes,
  })
}

const httpResponseOf = ({ responseBytes, durationMs }: AuditEntry, code: number) =>
  defined({
    code,
    length: responseBytes,
    latency: durationMs === undefined ? undefined : Math.round(durationMs),
  })

function resourcesOf({ connectionId, toolId, tool, toolsetId }: AuditEntry) {
  const resources = [
    connectionId !== undefined && { uid: connectionId, type: 'connection' },
    (toolId !== undefined || tool !== undefined) &&
      defined({ uid: toolId, name: tool, type: 'tool' }),
    toolsetId !== undefined && { uid: toolsetId, type: 'toolset' },
  ].filter((one) => one !== false)
  return resources.length === 0 ? undefined : resources
}

function policyOf({ policyId, policyVersion }: AuditEntry) {
  if (policyId === undefined) return undefined
  return defined({
    uid: policyId,
    version: policyVersion === undefined ? undefined : String(policyVersion),
  })
}

function unmappedOf(entry: AuditEntry) {
  const { ruleId, queryNames, requestDigest, redactions, usage, detail, decision, outcome } = entry
  return defined({
    ...{ decision, outcome, ruleId, queryNames, requestDigest, redactions, usage, detail },
  })
}

function defined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
