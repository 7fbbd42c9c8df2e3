import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  promtoolMissing,
  type SeriesByName,
  testRules,
} from '../../../../test/fixtures/promtool.ts'
import {
  always,
  countedAt,
  goneAt,
  type OwnSeries,
  replica,
  rising,
  scrape,
  silentAt,
  since,
  startedAt,
  until,
  worker,
} from '../../../../test/fixtures/scraped-house.ts'

// The alerts for a monitor, evaluated by Prometheus itself: each in what it is there for, and in what looks like it and is not.

interface Rule {
  readonly alert: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<'summary' | 'description', string>>
}
/** An alert by its name, with its labels beside the severity, and what its description says. */
type Firing = readonly [alert: string, labels: Readonly<Record<string, string>>, says: string]
interface Case {
  readonly series: SeriesByName
  /** Between two scrapes; one minute unless told. */
  readonly everyMinutes?: number
  /** Minutes at which exactly these fire. */
  readonly at: readonly number[]
  readonly fires: readonly Firing[]
}

const rulesFile = fileURLToPath(new URL('../../../../ops/prometheus-alerts.yml', import.meta.url))
const file = parse(readFileSync(rulesFile, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = new Map(file.groups.flatMap((group) => group.rules.map((rule) => [rule.alert, rule])))
const testMsMax = 120_000

const first = 'vault-1:9464'
const second = 'vault-2:9464'
const third = 'worker:9464'
const of = (instance: string) => ({ job: 'sallyport', instance })
const well = { [first]: replica, [second]: replica, [third]: worker }
/** The same with some series of the first replica, or of the worker, being others. */
const atFirst = (other: OwnSeries) => scrape({ ...well, [first]: { ...replica, ...other } })
const atWorker = (other: OwnSeries) => scrape({ ...well, [third]: { ...worker, ...other } })
const eachOf = (own: OwnSeries) => ({ [first]: own, [second]: own, [third]: own })

const requests = (operation: string, status: string) =>
  `sallyport_http_requests_total{operation="${operation}",caller="agent",status="${status}"}`
const toGithub = (outcome: string) =>
  `sallyport_upstream_requests_total{service="github",outcome="${outcome}"}`
const renewals = (outcome: string) => `sallyport_token_renewals_total{outcome="${outcome}"}`
const runsOf = (job: string, outcome: string) =>
  `sallyport_job_runs_total{job_name="${job}",outcome="${outcome}"}`
/** 1, and 0 at one minute. */
const downAt = (minute: number) => `1+0x${minute - 1} 0 1+0x800`
/** A worker of which no more is known. */
const pruning = ({ done, failed }: Readonly<Record<'done' | 'failed', string | undefined>>) =>
  scrape({
    [third]: {
      up: always(1),
      [runsOf('prune_audit', 'done')]: done,
      [runsOf('prune_audit', 'failed')]: failed,
    },
  })

const down = (instance: string): Firing => [
  'SallyportDown',
  of(instance),
  `${instance} has not been scraped for two minutes. Agents that reach no other replica can do nothing.`,
]
const absent: Firing = [
  'SallyportAbsent',
  { job: 'sallyport' },
  'Prometheus knows of nothing to scrape in a job named “sallyport”. Either no vault runs, or the job has another name, and some alerts here cannot fire.',
]
const jobsStand: Firing = [
  'SallyportJobsStand',
  {},
  'No process has run the job “checkpoint” for ten minutes. Is there a replica or a worker with SALLYPORT_JOBS=on?',
]
const notWritten = (groups: number): Firing => [
  'SallyportAuditNotWritten',
  of(first),
  `${first}: ${groups} groups in five minutes. Its log says why; a head that was changed from outside is one reason.`,
]
const unreadable: Firing = [
  'SallyportUnreadableSecret',
  of(first),
  `${first}: it was damaged, moved, or is of another key. The audit log says which; somebody may have changed the database.`,
]
const failing = (share: string): Firing => [
  'SallyportErrors',
  { instance: first },
  `${first}: ${share}. A failing upstream is no such answer on execute: it is data.`,
]
const upstreamFails = (share: string): Firing => [
  'SallyportUpstreamFails',
  { service: 'github' },
  `github: ${share} time out or do not arrive.`,
]
const jobFails = (job: string, times: number): Firing => [
  'SallyportJobFails',
  { job_name: job },
  `${job} failed ${times} times in half an hour; the log says why.`,
]
const neverDone = (job: string, times: number): Firing => [
  'SallyportJobNeverDone',
  { job_name: job },
  `${job} failed ${times} times in thirteen hours and was not done once; the log says why.`,
]
const renewalsFail: Firing = [
  'SallyportRenewalsFail',
  {},
  'More renewals fail than succeed. The pages of the connections say what the providers answer.',
]
const tooOld: Firing = [
  'SallyportBackupTooOld',
  {},
  'Run `sallyport backup`, and see why whatever runs it has not. Drop this alert where the database is backed up in another way.',
]

/** By the alert that it is about, and then by what is the case. */
const cases: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  SallyportDown: {
    'one replica does not answer': {
      series: scrape({ ...well, [second]: silentAt(20, replica) }),
      at: [23, 60],
      fires: [down(second)],
    },
    'nothing answers any more': {
      series: scrape(
        Object.fromEntries(
          Object.entries(well).map(([instance, own]) => [instance, silentAt(20, own)]),
        ),
      ),
      at: [23, 60],
      fires: [down(first), down(second), down(third)],
    },
    'one scrape failed': { series: atFirst({ up: downAt(20) }), at: [20, 21, 22], fires: [] },
    'all is well': { series: scrape(well), at: [1, 5, 15, 30, 60, 120], fires: [] },
  },
  SallyportAbsent: {
    'nothing was ever scraped': { series: {}, at: [5, 60], fires: [absent] },
    'every target is gone': {
      series: scrape(
        Object.fromEntries(
          Object.entries(well).map(([instance, own]) => [instance, goneAt(20, own)]),
        ),
      ),
      at: [25, 60],
      fires: [absent],
    },
    'the job has another name': {
      series: scrape(well, 'default/acme-sallyport'),
      at: [5, 60],
      fires: [absent],
    },
    'one replica is there': {
      series: scrape({ [first]: { ...replica, ...worker } }),
      at: [5, 60],
      fires: [],
    },
    'a vault is put up where there was none': {
      series: scrape(
        Object.fromEntries(
          Object.entries(well).map(([instance, own]) => [instance, startedAt(60, own)]),
        ),
      ),
      at: [60, 61, 63, 65, 66, 70, 75, 80],
      fires: [],
    },
  },
  SallyportDatabaseDown: {
    'a replica does not reach it': {
      series: atFirst({ sallyport_database_up: until(20, 1, 0) }),
      at: [21, 60],
      fires: [
        [
          'SallyportDatabaseDown',
          of(first),
          `${first}: run \`sallyport doctor --vault\` there, and look at PostgreSQL.`,
        ],
      ],
    },
    'one look failed': {
      series: atFirst({ sallyport_database_up: downAt(20) }),
      at: [20, 21, 22],
      fires: [],
    },
  },
  SallyportDeafToChanges: {
    'a replica hears of none': {
      series: atFirst({ sallyport_change_feed_live: until(20, 1, 0) }),
      at: [22, 60],
      fires: [
        [
          'SallyportDeafToChanges',
          of(first),
          `${first} is slower, and still right. Its connection for LISTEN does not stand; a pooler in between breaks it.`,
        ],
      ],
    },
    'it connected anew': {
      series: atFirst({ sallyport_change_feed_live: downAt(20) }),
      at: [20, 21, 22],
      fires: [],
    },
  },
  SallyportAuditNotWritten: {
    'groups fail': {
      series: atFirst({ sallyport_audit_failures_total: countedAt(20, 21) }),
      at: [22],
      fires: [notWritten(2)],
    },
    'it failed before the process was first scraped': {
      series: scrape({
        ...well,
        [first]: {
          ...startedAt(20, replica),
          sallyport_audit_failures_total: since(20, always(1)),
        },
      }),
      at: [20, 22],
      fires: [notWritten(1)],
    },
    'it failed long ago, and the monitor was away meanwhile': {
      series: atFirst({ sallyport_audit_failures_total: '5+0x19 stale _x19 5+0x100' }),
      at: [19, 39, 40, 42],
      fires: [],
    },
  },
  SallyportAuditLag: {
    'records wait': {
      series: atFirst({ sallyport_audit_lag_seconds: until(20, 0, 3.5) }),
      at: [21, 60],
      fires: [
        [
          'SallyportAuditLag',
          of(first),
          `The oldest on ${first} has waited for 3.5 s. After 5 s calls are refused.`,
        ],
      ],
    },
    'they wait for a second': {
      series: atFirst({ sallyport_audit_lag_seconds: until(20, 0, 1) }),
      at: [21, 60],
      fires: [],
    },
  },
  SallyportIntentsLeftOpen: {
    'attempts stay open that nobody is at': {
      series: scrape(eachOf({ ...worker, sallyport_audit_open_intents: until(20, 4, 150) })),
      at: [30, 60],
      fires: [
        [
          'SallyportIntentsLeftOpen',
          {},
          'The job that closes them as unknown does not run, or replicas die under load.',
        ],
      ],
    },
    'that many calls are on their way': {
      series: scrape(
        eachOf({
          ...worker,
          sallyport_audit_open_intents: always(150),
          sallyport_calls_in_flight: always(50),
        }),
      ),
      at: [30, 60],
      fires: [],
    },
  },
  SallyportErrors: {
    'one answer in ten fails': {
      series: atFirst({
        [requests('execute', '2xx')]: rising(54),
        [requests('execute', '5xx')]: rising(6),
      }),
      at: [20],
      fires: [failing('10%')],
    },
    'the few requests that there are all fail': {
      series: atFirst({
        [requests('execute', '2xx')]: undefined,
        [requests('execute', '5xx')]: rising(1),
      }),
      at: [20],
      fires: [failing('100%')],
    },
    'a replica says each second that it is not ready': {
      series: atFirst({ [requests('getReadiness', '5xx')]: rising(60) }),
      at: [20],
      fires: [],
    },
    'nobody asks for anything': {
      series: atFirst({
        [requests('execute', '2xx')]: always(500),
        [requests('execute', '5xx')]: always(500),
      }),
      at: [20],
      fires: [],
    },
  },
  SallyportUpstreamFails: {
    'most requests to a service time out': {
      series: atFirst({ [toGithub('timeout')]: rising(270) }),
      at: [30],
      fires: [upstreamFails('75%')],
    },
    'not one ever came to something': {
      series: scrape(
        eachOf({
          ...worker,
          [toGithub('2xx')]: undefined,
          [toGithub('unreachable')]: rising(1),
        }),
      ),
      at: [30],
      fires: [upstreamFails('100%')],
    },
    'it answers that something failed': {
      series: atFirst({ [toGithub('5xx')]: rising(270) }),
      at: [30],
      fires: [],
    },
  },
  SallyportJobFails: {
    'a job fails now and again': {
      series: atWorker({ [runsOf('notify', 'failed')]: rising(1) }),
      at: [60],
      fires: [jobFails('notify', 30)],
    },
    'a job that runs each five minutes fails each time': {
      series: atWorker({
        [runsOf('keep_tokens_alive', 'done')]: always(1),
        [runsOf('keep_tokens_alive', 'failed')]: rising(0.2),
      }),
      at: [60],
      fires: [jobFails('keep_tokens_alive', 6), neverDone('keep_tokens_alive', 12)],
    },
    'it failed three times and was done then': {
      series: atWorker({ [runsOf('notify', 'failed')]: countedAt(20, 21, 22) }),
      at: [23, 30, 49, 60],
      fires: [],
    },
  },
  SallyportJobNeverDone: {
    'a job that runs each six hours fails each time': {
      series: pruning({ done: always(0), failed: countedAt(6, 42) }),
      everyMinutes: 10,
      at: [450],
      fires: [neverDone('prune_audit', 2)],
    },
    'it was never done since there are counts': {
      series: pruning({ done: undefined, failed: countedAt(6, 42) }),
      everyMinutes: 10,
      at: [450],
      fires: [neverDone('prune_audit', 2)],
    },
    'it failed once': {
      series: atWorker({ [runsOf('prune_audit', 'failed')]: countedAt(1) }),
      at: [1, 2, 3, 15, 17, 20, 60],
      fires: [],
    },
    'it failed twice and was done between': {
      series: pruning({ done: countedAt(24), failed: countedAt(6, 42) }),
      everyMinutes: 10,
      at: [450],
      fires: [],
    },
  },
  SallyportJobsStand: {
    'the worker runs, and does not sign': {
      series: atWorker({ [runsOf('checkpoint', 'done')]: always(9) }),
      at: [15, 60],
      fires: [jobsStand],
    },
    'the only worker is gone': {
      series: scrape({ ...well, [third]: goneAt(60, worker) }),
      at: [76, 120],
      fires: [jobsStand],
    },
    'the only worker does not answer': {
      series: scrape({ ...well, [third]: silentAt(60, worker) }),
      at: [76, 120],
      fires: [down(third), jobsStand],
    },
    'there was never a process that runs jobs': {
      series: scrape({ [first]: replica, [second]: replica }),
      at: [5, 60],
      fires: [jobsStand],
    },
    'one of two workers has all the runs': {
      series: scrape({
        ...well,
        'worker-2:9464': { ...worker, [runsOf('checkpoint', 'done')]: always(0) },
      }),
      at: [15, 60],
      fires: [],
    },
    'another worker takes over': {
      series: scrape({
        ...well,
        [third]: goneAt(60, worker),
        'worker-2:9464': startedAt(61, worker),
      }),
      at: [61, 65, 70, 76, 80],
      fires: [],
    },
  },
  SallyportRenewalsFail: {
    'more fail than succeed': {
      series: atWorker({ [renewals('failed')]: rising(1) }),
      at: [60],
      fires: [renewalsFail],
    },
    'none has succeeded since the start': {
      series: scrape(
        eachOf({
          ...worker,
          [renewals('renewed')]: undefined,
          [renewals('ended')]: undefined,
          [renewals('failed')]: rising(1),
        }),
      ),
      at: [60],
      fires: [renewalsFail],
    },
    'most succeed': {
      series: atWorker({ [renewals('failed')]: rising(0.5) }),
      at: [60],
      fires: [],
    },
    'a few fail where nothing else is renewed': {
      series: scrape(
        eachOf({ ...worker, [renewals('renewed')]: always(0), [renewals('failed')]: always(3) }),
      ),
      at: [60],
      fires: [],
    },
  },
  SallyportUnreadableSecret: {
    'one does not open': {
      series: atFirst({ sallyport_unreadable_secrets_total: countedAt(20) }),
      at: [21, 28],
      fires: [unreadable],
    },
    'it was seen before the process was first scraped': {
      series: scrape({
        ...well,
        [first]: {
          ...startedAt(20, replica),
          sallyport_unreadable_secrets_total: since(20, always(1)),
        },
      }),
      at: [20, 28],
      fires: [unreadable],
    },
    'one did not long ago': {
      series: atFirst({ sallyport_unreadable_secrets_total: always(1) }),
      at: [5, 60],
      fires: [],
    },
  },
  SallyportApprovalsPileUp: {
    'many wait for half an hour': {
      series: scrape(eachOf({ ...worker, sallyport_approvals_pending: until(20, 3, 60) })),
      at: [50, 100],
      fires: [
        [
          'SallyportApprovalsPileUp',
          {},
          '60 approvals wait. Narrower policies, or remembered answers, would ask less.',
        ],
      ],
    },
    'many waited for a moment': {
      series: scrape(eachOf({ ...worker, sallyport_approvals_pending: until(20, 60, 3) })),
      at: [19, 50],
      fires: [],
    },
  },
  SallyportBackupTooOld: {
    'the newest is older than a week': {
      // The clock of these tests begins at 0.
      series: scrape(
        eachOf({ ...worker, sallyport_last_backup_timestamp_seconds: always(-8 * 86_400) }),
      ),
      at: [61],
      fires: [tooOld],
    },
    'there was never one': {
      series: scrape({
        [first]: { up: always(1), sallyport_last_backup_timestamp_seconds: always(0) },
      }),
      everyMinutes: 60,
      at: [170 * 60],
      fires: [tooOld],
    },
    'the newest is of today, and one replica has not looked since': {
      series: atFirst({ sallyport_last_backup_timestamp_seconds: always(-8 * 86_400) }),
      at: [61],
      fires: [],
    },
  },
  SallyportEventLoopLag: {
    'a replica is late': {
      series: atFirst({ nodejs_eventloop_lag_p99_seconds: until(20, 0.02, 0.7) }),
      at: [25, 60],
      fires: [['SallyportEventLoopLag', of(first), `${first} is late by 0.7 s. Add a replica.`]],
    },
    'another program on Node is': {
      series: {
        ...scrape(well),
        ...scrape({ 'shop:80': { nodejs_eventloop_lag_p99_seconds: always(3) } }, 'shop'),
      },
      at: [25, 60],
      fires: [],
    },
  },
}

function expected([alert, labels, description]: Firing) {
  const rule = rules.get(alert)
  if (rule === undefined) throw new Error(`no alert ${alert}`)
  return {
    alert,
    labels: { ...labels, ...rule.labels },
    annotations: { summary: rule.annotations.summary, description },
  }
}

describe('the alerts for a monitor', () => {
  it('are each tried where they have to fire, and where they must not', () => {
    expect(Object.keys(cases).toSorted()).toEqual([...rules.keys()].toSorted())
    for (const [alert, its] of Object.entries(cases)) {
      const fires = Object.values(its).map((one) => one.fires.some(([name]) => name === alert))
      expect(new Set(fires), alert).toEqual(new Set([true, false]))
    }
  })

  it.for(Object.entries(cases))(
    '%s fires where it has to, and only there',
    {
      timeout: testMsMax,
    },
    async ([alert, its], { skip }) => {
      if (promtoolMissing !== undefined) return skip(promtoolMissing)
      const given = Object.entries(its).map(([name, { series, everyMinutes = 1, at, fires }]) => ({
        ...{ name: `${alert}: ${name}`, series, everyMinutes, minutes: at },
        fires: fires.map(expected),
      }))
      expect(await testRules(rulesFile, given)).toBe('')
    },
  )
})
