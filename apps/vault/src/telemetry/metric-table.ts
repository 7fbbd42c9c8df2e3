// Every metric of the vault's own: its name, what it says, and by what it is told apart.

/** Seconds, from what memory answers to what an upstream may take. */
const waitBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Seconds of one commit. */
const commitBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5]
const groupBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

interface MetricLine {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

/** docs/operations.md repeats it, and a test compares the two. */
export const metricTable = {
  sallyport_build_info: {
    kind: 'gauge',
    help: 'Always 1; its labels say which build runs.',
    labels: ['version', 'node'],
  },
  sallyport_http_requests_total: {
    kind: 'counter',
    help: 'Requests, by operation, who called and class of status.',
    labels: ['operation', 'caller', 'status'],
  },
  sallyport_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the request to the beginning of its answer.',
    labels: ['operation'],
    buckets: waitBuckets,
  },
  sallyport_decisions_total: {
    kind: 'counter',
    help: 'What was decided of agents’ calls, by the door they came through.',
    labels: ['entry', 'outcome'],
  },
  sallyport_tool_calls_total: {
    kind: 'counter',
    help: 'Calls of tools, by toolset and tool as owners named them; those beyond the first 200 are “other”.',
    labels: ['tool', 'outcome'],
  },
  sallyport_upstream_requests_total: {
    kind: 'counter',
    help: 'What was sent to upstreams, by service of the catalog or “custom”, and how it ended.',
    labels: ['service', 'outcome'],
  },
  sallyport_upstream_request_duration_seconds: {
    kind: 'histogram',
    help: 'From sending to the end of the answer.',
    labels: ['service'],
    buckets: waitBuckets,
  },
  sallyport_calls_in_flight: {
    kind: 'gauge',
    help: 'Agents’ calls that are on their way, those that wait for an owner among them.',
    labels: [],
  },
  sallyport_approvals_total: {
    kind: 'counter',
    help: 'Approvals that were opened, approved, denied or that expired, on this replica.',
    labels: ['event'],
  },
  sallyport_approvals_pending: {
    kind: 'gauge',
    help: 'Approvals that wait for an owner, in the whole database.',
    labels: [],
  },
  sallyport_job_runs_total: {
    kind: 'counter',
    help: 'Runs of jobs, by job and how they ended.',
    labels: ['job_name', 'outcome'],
  },
  sallyport_job_duration_seconds: {
    kind: 'histogram',
    help: 'How long a run of a job took.',
    labels: ['job_name'],
    buckets: waitBuckets,
  },
  sallyport_cache_lookups_total: {
    kind: 'counter',
    help: 'Look-ups of the request path that memory answered (hit) or the database had to (miss).',
    labels: ['cache', 'result'],
  },
  sallyport_cache_entries: {
    kind: 'gauge',
    help: 'What is kept in memory.',
    labels: ['cache'],
  },
  sallyport_audit_records_total: {
    kind: 'counter',
    help: 'Records written to audit chains.',
    labels: [],
  },
  sallyport_audit_group_records: {
    kind: 'histogram',
    help: 'Records in one commit.',
    labels: [],
    buckets: groupBuckets,
  },
  sallyport_audit_commit_duration_seconds: {
    kind: 'histogram',
    help: 'How long one commit of audit records took, of those that succeeded.',
    labels: [],
    buckets: commitBuckets,
  },
  sallyport_audit_failures_total: {
    kind: 'counter',
    help: 'Groups of audit records that could not be written. Nothing was sent of them.',
    labels: [],
  },
  sallyport_audit_queue_records: {
    kind: 'gauge',
    help: 'Records that wait to be written.',
    labels: [],
  },
  sallyport_audit_lag_seconds: {
    kind: 'gauge',
    help: 'How long the oldest record that is not written yet has waited.',
    labels: [],
  },
  sallyport_audit_open_intents: {
    kind: 'gauge',
    help: 'Attempts without an outcome, in the whole database; at most 100 000 are counted.',
    labels: [],
  },
  sallyport_token_renewals_total: {
    kind: 'counter',
    help: 'Access tokens that a provider was asked for, by what came of it.',
    labels: ['outcome'],
  },
  sallyport_unreadable_secrets_total: {
    kind: 'counter',
    help: 'Sealed values that did not open: damaged, moved, or of another key.',
    labels: [],
  },
  sallyport_database_up: {
    kind: 'gauge',
    help: '1 where the database answered this scrape.',
    labels: [],
  },
  sallyport_database_ping_seconds: {
    kind: 'gauge',
    help: 'How long it took to.',
    labels: [],
  },
  sallyport_change_feed_live: {
    kind: 'gauge',
    help: '1 where changes of other replicas are heard of; else nothing is read from memory.',
    labels: [],
  },
  sallyport_mcp_servers: {
    kind: 'gauge',
    help: 'Enabled upstream MCP servers, in the whole database, by what became of the last attempt to connect.',
    labels: ['status'],
  },
  sallyport_last_backup_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the newest backup was begun that `sallyport backup` finished, in seconds since 1970; 0 where there was none.',
    labels: [],
  },
  sallyport_spans_dropped_total: {
    kind: 'counter',
    help: 'Spans that a slow or absent collector did not take.',
    labels: [],
  },
} as const satisfies Record<string, MetricLine>

/** The name of a metric of the vault's own. */
export type MetricName = keyof typeof metricTable
