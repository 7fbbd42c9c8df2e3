import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parser } from '@prometheus-io/lezer-promql'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { metricTable } from './metric-table.ts'
import { createMetrics } from './metrics.ts'

// What operators load into their monitor names what there is, and the page about it as well.

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8')

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const dashboard = JSON.parse(read('ops/grafana-dashboard.json')) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly query: unknown }[] }
}
const alerts = parse(read('ops/prometheus-alerts.yml')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
const rules = alerts.groups.flatMap((group) => group.rules)

/** Grafana puts its own values in before Prometheus reads it. */
const filled = (expr: string) => expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'x')

/** The names of metrics in an expression; fails where it does not parse. */
function metricsIn(expr: string): string[] {
  const names: string[] = []
  const text = filled(expr)
  parser.parse(text).iterate({
    enter(node) {
      expect(node.type.isError, `${expr} at ${node.from}`).toBe(false)
      if (node.name !== 'VectorSelector') return
      const [name = ''] = /^[a-zA-Z_:][\w:]*/.exec(text.slice(node.from, node.to)) ?? []
      names.push(name)
    },
  })
  return names
}

/** The labels that selectors and groupings of an expression name. */
const labelsIn = (expr: string) => [
  ...[...filled(expr).matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label),
  ...[...filled(expr).matchAll(/(?:by|on) \(([^)]+)\)/g)].flatMap(([, list = '']) =>
    list.split(/,\s*/),
  ),
]

/** Put on by whoever scrapes: what a metric itself calls so is renamed, and found by nobody. */
const labelsOfTargets = ['instance', 'job']
/** Put on by histograms and summaries. */
const labelsOfParts = ['le', 'quantile']
const givenLabels = [...labelsOfTargets, ...labelsOfParts]

async function known(): Promise<ReadonlySet<string>> {
  const needs = { version: '1', services: new Set<string>(), monotonicMs: () => 0 }
  const metrics = createMetrics(needs)
  const names = metrics.names()
  const parts = names.flatMap((name) => ['_bucket', '_sum', '_count'].map((end) => name + end))
  return new Set([...names, ...parts, 'up'])
}

const expressions = () => [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
]

describe('the files for a monitor', () => {
  it('ask for metrics that there are, in PromQL that parses, by labels that they have', async () => {
    const names = await known()
    expect(expressions().length).toBeGreaterThan(30)
    for (const expr of expressions()) {
      const found = metricsIn(expr)
      expect(found.length, expr).toBeGreaterThan(0)
      for (const name of found) expect(names.has(name), `${name} in ${expr}`).toBe(true)
      const labels = found.flatMap((name) => labelsOf(name))
      for (const label of labelsIn(expr)) expect([...labels, ...givenLabels], expr).toContain(label)
    }
  })

  it('look for one job alone, the one that the vault is scraped by', () => {
    const jobs = expressions().flatMap((expr) =>
      [...expr.matchAll(/\bjob\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, job]) => job),
    )
    expect(new Set(jobs)).toEqual(new Set(['sallyport']))
  })

  it('show every metric of the vault’s own, on the dashboard or in an alert', () => {
    const shown = JSON.stringify([expressions(), dashboard.templating])
    for (const name of Object.keys(metricTable)) {
      // Shown by the time that they take.
      if (name === 'sallyport_job_duration_seconds' || name === 'sallyport_cache_entries') continue
      expect(shown).toContain(name)
    }
  })

  it('have alerts that say what happened and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const rule of rules) {
      expect(Object.keys(rule).toSorted()).toEqual([
        'alert',
        'annotations',
        'expr',
        'for',
        'labels',
      ])
      expect(rule.alert).toMatch(/^Sallyport[A-Z]\w+$/)
      expect(rule.for).toMatch(/^\d+[smh]$/)
      expect(['critical', 'warning', 'info']).toContain(rule.labels.severity)
      expect(Object.keys(rule.annotations).toSorted()).toEqual(['description', 'summary'])
    }
  })

  it('are a dashboard whose panels have a title and something to show', () => {
    for (const { type, title, targets } of dashboard.panels) {
      expect(title).not.toBe('')
      if (type !== 'row') expect(targets?.length, title).toBeGreaterThan(0)
    }
  })
})

function labelsOf(name: string): readonly string[] {
  const base = name.replace(/_(bucket|sum|count)$/, '')
  const table: Readonly<Record<string, { readonly labels: readonly string[] }>> = metricTable
  return table[name]?.labels ?? table[base]?.labels ?? []
}

describe('a metric', () => {
  it('has no label that Prometheus gives itself', async () => {
    const metrics = createMetrics({ version: '1', services: new Set(), monotonicMs: () => 0 })
    const { text } = await metrics.collect()
    const shown = [...text.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label)
    expect(shown).toContain('version')
    for (const label of shown) expect(labelsOfTargets).not.toContain(label)
    for (const [name, { labels }] of Object.entries(metricTable)) {
      for (const label of labels) {
        expect(givenLabels, name).not.toContain(label)
        expect(label, name).toMatch(/^[a-z][a-z_]*$/)
        expect(label, name).not.toMatch(/^exported_/)
      }
    }
  })
})

describe('the page for operators', () => {
  it('has one line for each metric, with its labels and what it says', () => {
    const page = read('docs/operations.md')
    for (const [name, { kind, help, labels }] of Object.entries(metricTable)) {
      const told = labels.map((label) => `\`${label}\``).join(', ')
      expect(page).toContain(`| \`${name}\` | ${kind} | ${told} | ${help} |`)
    }
  })
})
