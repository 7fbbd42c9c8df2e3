import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createBoundedLabels } from './bounded-labels.ts'
import { type MetricName, metricTable } from './metric-table.ts'
import type { JobOutcome, KeptCounts, Observers, RenewalOutcome, Watched } from './observers.ts'

// Counts what the house tells of itself, and writes it down in the text format of Prometheus when somebody asks. Loaded where an
// operator wants metrics, and not before: the library is.

/** Values that a label may take; those beyond are “other”. */
const toolsMax = 200
const operationsMax = 400
const servicesMax = 300
const jobsMax = 60
/** How long the database may take before a scrape goes on without it. */
const askMsMax = 2_000
/** However often it is scraped, the database is counted no more often. */
const countEveryMs = 10_000
const msPerSecond = 1_000
const customService = 'custom'
const jobOutcomes: readonly JobOutcome[] = ['done', 'failed']
const renewalOutcomes: readonly RenewalOutcome[] = ['renewed', 'failed', 'ended']

export interface MetricsNeeds {
  readonly version: string
  /** Services of the catalog, and the kinds of what is none. */
  readonly services: ReadonlySet<string>
  readonly monotonicMs: () => number
}

/** The metrics of one vault. */
export interface Metrics {
  readonly observers: Observers
  /** Begins to look at a house that stands. */
  watch(watched: Watched): void
  /** What is known now, in the text format of Prometheus. */
  collect(): Promise<{ readonly type: string; readonly text: string }>
  /** The names of all metrics, those of the process among them. */
  names(): readonly string[]
}

type Instruments = Readonly<Record<MetricName, Counter & Gauge & Histogram>>

/** Makes the metrics, in a registry of their own. */
export function createMetrics(needs: MetricsNeeds): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const instruments = Object.fromEntries(
    Object.entries(metricTable).map(([name, line]) => {
      const { kind, help, labels } = line
      const shape = { name, help, labelNames: [...labels], registers: [registry] }
      if (kind === 'counter') return [name, new Counter(shape)]
      if (kind === 'gauge') return [name, new Gauge(shape)]
      return [name, new Histogram({ ...shape, buckets: [...line.buckets] })]
    }),
  ) as unknown as Instruments
  instruments.sallyport_build_info.set({ version: needs.version, node: process.version }, 1)
  const look = createLook(needs, instruments)
  return {
    observers: createObservers(needs, instruments),
    watch: look.watch,
    async collect() {
      await look.now()
      return { type: registry.contentType, text: await registry.metrics() }
    },
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
  }
}

function createObservers({ services }: MetricsNeeds, to: Instruments): Observers {
  const toolOf = createBoundedLabels(toolsMax)
  const operationOf = createBoundedLabels(operationsMax)
  const jobOf = createBoundedLabels(jobsMax)
  const boundService = createBoundedLabels(servicesMax)
  const serviceOf = (service: string) =>
    services.has(service) ? boundService(service) : customService
  // A series that begins with its first event seems never to have risen: what alerts count begins at 0.
  for (const outcome of renewalOutcomes) to.sallyport_token_renewals_total.inc({ outcome }, 0)
  return {
    onRequest({ operation: id, caller, status, durationMs }) {
      const operation = operationOf(id)
      to.sallyport_http_requests_total.inc({ operation, caller, status: classOf(status) })
      to.sallyport_http_request_duration_seconds.observe({ operation }, durationMs / msPerSecond)
    },
    onDecision({ entry, outcome, tool }) {
      to.sallyport_decisions_total.inc({ entry, outcome })
      if (tool !== undefined) to.sallyport_tool_calls_total.inc({ tool: toolOf(tool), outcome })
    },
    onUpstream({ service: given, outcome, durationMs }) {
      const service = serviceOf(given)
      to.sallyport_upstream_requests_total.inc({ service, outcome })
      to.sallyport_upstream_request_duration_seconds.observe({ service }, durationMs / msPerSecond)
    },
    onApproval: (event, count = 1) => to.sallyport_approvals_total.inc({ event }, count),
    onJobsListed(names) {
      for (const job_name of names.map(jobOf)) {
        for (const outcome of jobOutcomes) to.sallyport_job_runs_total.inc({ job_name, outcome }, 0)
      }
    },
    onJobRun({ job: name, outcome, durationMs }) {
      const job_name = jobOf(name)
      to.sallyport_job_runs_total.inc({ job_name, outcome })
      to.sallyport_job_duration_seconds.observe({ job_name }, durationMs / msPerSecond)
    },
    onAuditGroup({ records, durationMs }) {
      to.sallyport_audit_records_total.inc(records)
      to.sallyport_audit_group_records.observe(records)
      to.sallyport_audit_commit_duration_seconds.observe(durationMs / msPerSecond)
    },
    onAuditFailure: () => to.sallyport_audit_failures_total.inc(),
    onRenewal: (outcome) => to.sallyport_token_renewals_total.inc({ outcome }),
    onUnreadable: () => to.sallyport_unreadable_secrets_total.inc(),
    onSpansDropped: (count) => to.sallyport_spans_dropped_total.inc(count),
  }
}

/** `2xx`, as dashboards have it: the number itself would be one series more for each. */
const classOf = (status: number) =>
  status >= 100 && status <= 599 ? `${Math.floor(status / 100)}xx` : 'other'

/** Reads what is not told but looked up: of memory each time, of the database now and then. */
function createLook({ monotonicMs }: MetricsNeeds, to: Instruments) {
  let watched: Watched | undefined
  let countedMs = Number.NEGATIVE_INFINITY
  const caches = new Map<string, { hits: number; misses: number }>()
  return {
    watch(house: Watched) {
      watched = house
    },
    async now(): Promise<void> {
      if (watched === undefined) return
      lookAtMemory(to, watched, caches)
      await lookAtDatabase(to, watched, monotonicMs)
      if (monotonicMs() - countedMs < countEveryMs) return
      const counts = await settled(watched.countKept())
      if (counts === undefined) return
      countedMs = monotonicMs()
      tellKept(to, counts)
    },
  }
}

function lookAtMemory(
  to: Instruments,
  watched: Watched,
  told: Map<string, { hits: number; misses: number }>,
): void {
  for (const [cache, counts] of Object.entries(watched.caches)) {
    const { hits, misses, entries } = counts()
    const before = told.get(cache) ?? { hits: 0, misses: 0 }
    to.sallyport_cache_lookups_total.inc({ cache, result: 'hit' }, hits - before.hits)
    to.sallyport_cache_lookups_total.inc({ cache, result: 'miss' }, misses - before.misses)
    to.sallyport_cache_entries.set({ cache }, entries)
    told.set(cache, { hits, misses })
  }
  const { waiting, oldestMs } = watched.auditBacklog()
  to.sallyport_audit_queue_records.set(waiting)
  to.sallyport_audit_lag_seconds.set(oldestMs / msPerSecond)
  to.sallyport_calls_in_flight.set(watched.callsInFlight())
  to.sallyport_change_feed_live.set(watched.isFeedLive() ? 1 : 0)
}

async function lookAtDatabase(
  to: Instruments,
  { ping }: Watched,
  monotonicMs: () => number,
): Promise<void> {
  const startedMs = monotonicMs()
  const answered = await settled(ping().then(() => true))
  to.sallyport_database_up.set(answered === true ? 1 : 0)
  to.sallyport_database_ping_seconds.set((monotonicMs() - startedMs) / msPerSecond)
}

function tellKept(to: Instruments, counts: KeptCounts): void {
  to.sallyport_approvals_pending.set(counts.pendingApprovals)
  to.sallyport_audit_open_intents.set(counts.openIntents)
  to.sallyport_last_backup_timestamp_seconds.set(counts.backedUpAtSeconds)
  to.sallyport_mcp_servers.reset()
  for (const [status, count] of Object.entries(counts.mcpServers)) {
    to.sallyport_mcp_servers.set({ status }, count)
  }
}

/** Undefined where it failed or took too long: a scrape says then what is known without it. */
async function settled<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), askMsMax)
  })
  try {
    return await Promise.race([work, late])
  } catch {
    // The gauge that says so is `sallyport_database_up`.
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
