import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BearerProxy, startBearerProxy } from '../fixtures/bearer-proxy.ts'
import { startConformanceEndpoint } from '../fixtures/conformance/conformance-endpoint.ts'
import { installFromNpm, installingTestMsMax, nodeAtLeast22 } from '../fixtures/npm-program.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { startToolScene, type ToolScene } from '../fixtures/tool-scene.ts'

// The protocol's own suite, against the HTTP stack of the vault with the suite's server behind it, and against the vault as it
// is. It sends no token, so a proxy adds one.

const suite = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
const scenarioMsMax = 20_000
const runMsMax = 150_000

/** A server without sessions cannot ask a client of 2025-11-25 anything: these four need that, and nothing else is excused. */
const needSessions = [
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
]

/** What the vault's own endpoint has to pass: the rest asks for tools, prompts and resources that it has not. */
const applies = {
  '2025-11-25': ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'],
  '2026-07-28': ['tools-list', 'dns-rebinding-protection', 'http-header-validation'],
} as const
type Revision = keyof typeof applies
const revisions = Object.keys(applies) as Revision[]

/** Runs the suite's scenarios against an address; or why that cannot be. */
type RunSuite = (url: string, ...which: string[]) => Promise<Summary>

interface Summary {
  /** Of those that count for the revision. */
  readonly failed: readonly string[]
  readonly passed: readonly string[]
  readonly text: string
}

let dir: string
let runSuite: RunSuite
let missing: string | undefined
let endpoint: Awaited<ReturnType<typeof startConformanceEndpoint>>
let scene: ToolScene
const proxies: BearerProxy[] = []
const proxyTo = async (url: string, token: string) => {
  const proxy = await startBearerProxy(url, token)
  proxies.push(proxy)
  return proxy.url
}

async function prepareSuite(): Promise<RunSuite | { readonly missing: string }> {
  const node = await nodeAtLeast22()
  if ('missing' in node) return node
  const installed = await installFromNpm([suite])
  if ('missing' in installed) return installed
  const entry = join(installed.modules, '@modelcontextprotocol/conformance/dist/index.js')
  return async (url, ...which) => {
    const args = ['server', '--url', `${url}/mcp`, '--timeout', String(scenarioMsMax), ...which]
    const options = { cwd: dir, timeoutMs: runMsMax }
    const { stdout, stderr } = await runProgram(node.node, [entry, ...args], options)
    return summaryOf(stdout + stderr)
  }
}

/** Reads `✓ ping: 2 passed, 0 failed`, and of what does not count `  ✗ tasks-lifecycle (extension)`. */
function summaryOf(text: string): Summary {
  const unscored = [...text.matchAll(/^ {2}[✓✗] ([\w/-]+) \(/gm)].map(([, name]) => name)
  const named = (sign: string) =>
    [...text.matchAll(new RegExp(`^${sign} ([\\w/-]+): \\d+ passed`, 'gm'))]
      .map(([, name]) => name ?? '')
      .filter((name) => !unscored.includes(name))
  return { passed: named('✓'), failed: named('✗'), text }
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'conformance-'))
  const prepared = await prepareSuite()
  if (typeof prepared === 'object') {
    missing = prepared.missing
    return
  }
  runSuite = prepared
  ;[endpoint, scene] = await Promise.all([startConformanceEndpoint(), startToolScene()])
}, installingTestMsMax)
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()))
  await Promise.all([endpoint?.stop(), scene?.stop()])
  rmSync(dir, { recursive: true, force: true })
})

describe.concurrent('the HTTP stack of the vault with the suite’s server behind it', () => {
  it.for(revisions)(
    'conforms to %s, but for what needs sessions',
    { timeout: runMsMax },
    async (revision, { skip }) => {
      if (missing !== undefined) return skip(missing)
      const url = await proxyTo(endpoint.url, `spt_${'A'.repeat(43)}`)
      const { failed, passed, text } = await runSuite(url, '--requirements', revision)
      const excused = revision === '2025-11-25' ? needSessions : []
      expect([failed, failed.length === excused.length ? '' : text]).toEqual([excused, ''])
      expect(passed.length).toBeGreaterThan(20)
    },
  )
})

describe('the vault’s own endpoint', () => {
  it.for(revisions)(
    'passes what applies of %s',
    { timeout: runMsMax },
    async (revision, { skip }) => {
      if (missing !== undefined) return skip(missing)
      const { agentId, token } = await scene.addConsumer(revision)
      await scene.permit(agentId, 'get_index')
      const url = await proxyTo(scene.vault.url, token)
      for (const scenario of applies[revision]) {
        const which = ['--scenario', scenario, '--spec-version', revision]
        const { text } = await runSuite(url, ...which)
        expect([scenario, /^Passed: (\d+)\/\1, 0 failed/m.test(text) ? '' : text]).toEqual([
          scenario,
          '',
        ])
      }
    },
  )
})
