import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createBoundedLabels, otherLabel } from './bounded-labels.ts'
import { metricTable } from './metric-table.ts'
import { createMetrics } from './metrics.ts'
import type { Watched } from './observers.ts'

const nothingKept = { pendingApprovals: 0, openIntents: 0, mcpServers: {}, backedUpAtSeconds: 0 }
const services = new Set(['github', 'mcp'])

async function startMetrics(watched: Partial<Watched> = {}) {
  const clock = { ms: 0 }
  const metrics = createMetrics({ version: '1.2.3', services, monotonicMs: () => clock.ms })
  metrics.watch({
    caches: {},
    callsInFlight: () => 0,
    auditBacklog: () => ({ waiting: 0, oldestMs: 0 }),
    isFeedLive: () => true,
    ping: async () => {},
    countKept: async () => nothingKept,
    ...watched,
  })
  const read = async () => (await metrics.collect()).text
  return { metrics, read, clock }
}

/** The value of the one series that has these labels. */
function seriesOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('metrics', () => {
  it('has every metric of its table, and those of the process', async () => {
    const { metrics, read } = await startMetrics()
    expect(metrics.names()).toEqual(expect.arrayContaining(Object.keys(metricTable)))
    const text = await read()
    for (const name of Object.keys(metricTable)) expect(text).toContain(`# HELP ${name} `)
    expect(text).toContain('nodejs_eventloop_lag_seconds')
    expect(seriesOf(text, `sallyport_build_info{version="1.2.3",node="${process.version}"}`)).toBe(
      1,
    )
  })

  it('counts what it is told by the right amounts', async () => {
    const { metrics, read } = await startMetrics()
    const { observers } = metrics
    observers.onRequest({ operation: 'execute', caller: 'agent', status: 202, durationMs: 30 })
    observers.onDecision({ entry: 'mcp', outcome: 'allow', tool: 'mail.send' })
    observers.onDecision({ entry: 'execute', outcome: 'deny' })
    observers.onUpstream({ service: 'github', outcome: '2xx', durationMs: 12 })
    observers.onUpstream({ service: 'of-an-owner', outcome: 'timeout', durationMs: 55_000 })
    observers.onApproval('opened')
    observers.onApproval('expired', 3)
    observers.onJobRun({ job: 'notify', outcome: 'failed', durationMs: 5 })
    observers.onAuditGroup({ records: 7, durationMs: 2 })
    observers.onRenewal('ended')
    observers.onUnreadable()
    observers.onSpansDropped(4)
    const text = await read()
    const expected = {
      'sallyport_http_requests_total{operation="execute",caller="agent",status="2xx"}': 1,
      'sallyport_http_request_duration_seconds_sum{operation="execute"}': 0.03,
      'sallyport_decisions_total{entry="mcp",outcome="allow"}': 1,
      'sallyport_decisions_total{entry="execute",outcome="deny"}': 1,
      'sallyport_tool_calls_total{tool="mail.send",outcome="allow"}': 1,
      'sallyport_upstream_requests_total{service="github",outcome="2xx"}': 1,
      'sallyport_upstream_requests_total{service="custom",outcome="timeout"}': 1,
      'sallyport_approvals_total{event="expired"}': 3,
      'sallyport_job_runs_total{job_name="notify",outcome="failed"}': 1,
      sallyport_audit_records_total: 7,
      'sallyport_token_renewals_total{outcome="ended"}': 1,
      sallyport_unreadable_secrets_total: 1,
      sallyport_spans_dropped_total: 4,
    }
    for (const [series, value] of Object.entries(expected))
      expect(seriesOf(text, series), series).toBe(value)
    expect(text).not.toContain('of-an-owner')
  })

  it('begins at 0 with what alerts count, so that the first time is seen to be one', async () => {
    const { metrics, read } = await startMetrics()
    metrics.observers.onJobsListed(['checkpoint', 'prune audit'])
    const text = await read()
    for (const series of [
      'sallyport_job_runs_total{job_name="checkpoint",outcome="done"}',
      'sallyport_job_runs_total{job_name="prune_audit",outcome="failed"}',
      'sallyport_token_renewals_total{outcome="renewed"}',
      'sallyport_token_renewals_total{outcome="failed"}',
      'sallyport_token_renewals_total{outcome="ended"}',
      'sallyport_audit_failures_total',
      'sallyport_unreadable_secrets_total',
    ]) {
      expect(seriesOf(text, series), series).toBe(0)
    }
    expect(text).not.toContain('sallyport_job_runs_total{job_name="notify"')
  })

  it('looks at the house when it is asked, and tells of caches what came since', async () => {
    const counts = { hits: 5, misses: 2, entries: 2 }
    const { read } = await startMetrics({
      caches: { policies: () => ({ ...counts }) },
      callsInFlight: () => 3,
      auditBacklog: () => ({ waiting: 9, oldestMs: 1_500 }),
      isFeedLive: () => false,
      countKept: async () => ({
        pendingApprovals: 4,
        openIntents: 6,
        backedUpAtSeconds: 1_790_000_000,
        mcpServers: { connected: 2, error: 1 },
      }),
    })
    await read()
    counts.hits = 8
    const text = await read()
    const expected = {
      'sallyport_cache_lookups_total{cache="policies",result="hit"}': 8,
      'sallyport_cache_lookups_total{cache="policies",result="miss"}': 2,
      sallyport_calls_in_flight: 3,
      sallyport_audit_queue_records: 9,
      sallyport_audit_lag_seconds: 1.5,
      sallyport_change_feed_live: 0,
      sallyport_database_up: 1,
      sallyport_approvals_pending: 4,
      sallyport_audit_open_intents: 6,
      sallyport_last_backup_timestamp_seconds: 1_790_000_000,
      'sallyport_mcp_servers{status="error"}': 1,
    }
    for (const [series, value] of Object.entries(expected))
      expect(seriesOf(text, series), series).toBe(value)
  })

  it('answers without the database where that is gone, and counts in it no more often than it has to', async () => {
    verifies('S-44')
    let asked = 0
    const gone = { is: true }
    const answer = async () => {
      if (gone.is) throw new Error('gone')
    }
    const { read, clock } = await startMetrics({
      ping: answer,
      async countKept() {
        asked += 1
        await answer()
        return { ...nothingKept, pendingApprovals: 1 }
      },
    })
    expect(seriesOf(await read(), 'sallyport_database_up')).toBe(0)
    gone.is = false
    expect(seriesOf(await read(), 'sallyport_approvals_pending')).toBe(1)
    await read()
    expect(asked).toBe(2)
    clock.ms += 10_000
    await read()
    expect(asked).toBe(3)
  })
})

describe('labels', () => {
  it('take no more values than they may, and none that is more than a word', async () => {
    verifies('S-38')
    const label = createBoundedLabels(2)
    expect(label('a"b\n{x="1"}')).toBe('a"b_{x="1"}')
    expect(label('ünder')).toBe('_nder')
    expect(label('third')).toBe(otherLabel)
    expect(label('ünder')).toBe('_nder')
    expect(createBoundedLabels(1)('x'.repeat(1_000))).toHaveLength(200)
    const { metrics, read } = await startMetrics()
    for (let tool = 0; tool < 1_000; tool += 1) {
      metrics.observers.onDecision({ entry: 'tool', outcome: 'allow', tool: `t.${tool}` })
    }
    metrics.observers.onDecision({ entry: 'tool', outcome: 'deny', tool: 'x"} 1\nevil 2' })
    const text = await read()
    const series = text.split('\n').filter((line) => line.startsWith('sallyport_tool_calls_total{'))
    expect(series).toHaveLength(202)
    expect(seriesOf(text, 'sallyport_tool_calls_total{tool="other",outcome="allow"}')).toBe(800)
    expect(text).not.toMatch(/^evil/m)
  })
})
