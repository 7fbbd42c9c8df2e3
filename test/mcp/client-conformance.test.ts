import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFromNpm, installingTestMsMax, nodeAtLeast22 } from '../fixtures/npm-program.ts'
import { runProgram } from '../fixtures/run-program.ts'

// The protocol's own suite, against the client with which the vault reaches upstream servers. It starts a server for each
// scenario, has the client connect to it, and judges what the client sent.

const suite = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
const runMsMax = 60_000

/**
 * What applies to a client that signs in by what owners give it, and that answers no questions of servers: all but the scenarios
 * of OAuth, of elicitation, and of the rounds of further input, which such a client ends with an error.
 */
const scenarios = {
  '2025-11-25': ['initialize', 'tools_call', 'sse-retry', 'json-schema-2020-12-preservation'],
  '2026-07-28': [
    'tools_call',
    'request-metadata',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
    'json-schema-ref-no-deref',
    'json-schema-2020-12-preservation',
  ],
}
const runs = Object.entries(scenarios).flatMap(([revision, names]) =>
  names.map((name) => [name, revision] as const),
)

let dir: string
let missing: string | undefined
let run: (scenario: string, revision: string) => Promise<string>

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'client-conformance-'))
  chmodSync(dir, 0o755)
  const node = await nodeAtLeast22()
  const installed = await installFromNpm([suite])
  if ('missing' in node || 'missing' in installed) {
    missing = 'missing' in node ? node.missing : 'missing' in installed ? installed.missing : ''
    return
  }
  const client = join(dir, 'client.mjs')
  await build({
    entryPoints: [
      fileURLToPath(new URL('../fixtures/upstreams/conformance-client.ts', import.meta.url)),
    ],
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: client, logLevel: 'error' },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  })
  const entry = join(installed.modules, '@modelcontextprotocol/conformance/dist/index.js')
  run = async (scenario, revision) => {
    const args = ['--command', `${node.node} ${client}`, '--scenario', scenario]
    const { stdout, stderr } = await runProgram(
      node.node,
      [entry, 'client', ...args, '--spec-version', revision],
      { cwd: dir, timeoutMs: runMsMax },
    )
    return stdout + stderr
  }
}, installingTestMsMax)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe.concurrent('the client of upstream servers', () => {
  it.for(runs)('conforms: %s of %s', { timeout: runMsMax }, async ([name, revision], { skip }) => {
    if (missing !== undefined) return skip(missing)
    const text = await run(name, revision)
    expect([name, /^Passed: (\d+)\/\1, 0 failed/m.test(text) ? '' : text]).toEqual([name, ''])
    expect(text).not.toContain('CLIENT EXITED WITH ERROR')
  })
})
