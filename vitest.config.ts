import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { createPlainSummary } from './test/reporter.ts'

// No test touches a real home. Set in this process and not by `test.env`, because os.homedir() in a worker thread
// asks the process and not the worker's copy of the environment.
const home = mkdtempSync(join(tmpdir(), 'sallyport-test-home-'))
process.env.HOME = home
process.env.USERPROFILE = home
process.env.SALLYPORT_TEST_HOME = home
// Nor does an operator's own setting reach the vault under test.
for (const name of Object.keys(process.env)) {
  if (/^(SALLYPORT_(?!TEST_)|AGENTHIFIVE_|XDG_|OTEL_)|^(DATABASE_URL|REDIS_URL)$/.test(name)) {
    delete process.env[name]
  }
}

// Beside the code, and yet tests of processes and of databases: they take their time, and are held up by what else runs.
const ofProcesses = [
  'apps/vault/src/sources/engine/**/*.test.ts',
  'apps/vault/src/upstreams/{clients,programs}/**/*.test.ts',
]
// Processes, databases and floods against each other on two shared cores: in CI one that fails is run again, twice at most, and
// what went wrong stands at the end. At a desk it fails, so that it is looked into.
const retry = process.env.CI === 'true' ? 2 : 0

export default defineConfig({
  test: {
    // Two cores are what the machines of CI have. Tests of processes wait now and then, for a browser, a database or a token's end:
    // one worker more uses what two leave idle. With four, nothing is idle and nine processes wait for a core.
    maxWorkers: 3,
    reporters: ['default', createPlainSummary()],
    globalSetup: ['./test/isolated-home.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'bench/*.test.ts'],
          exclude: ['**/node_modules/**', ...ofProcesses],
          pool: 'threads',
          // No module of ours has state of its own: to load all of them anew for each file would cost half of the time.
          isolate: false,
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ofProcesses,
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          retry,
        },
      },
      {
        extends: true,
        test: {
          name: 'blackbox',
          // What was built runs as it is.
          server: { deps: { external: [/\/packages\/cli\/dist\//] } },
          include: ['test/**/*.test.ts'],
          globalSetup: ['./test/fresh-build.ts'],
          pool: 'forks',
          // As above: what is tried stands in other processes.
          isolate: false,
          // The machines of CI may be shared: with 60 s, some did not end where a fifth of it was taken.
          testTimeout: 120_000,
          hookTimeout: 240_000,
          retry,
        },
      },
    ],
  },
})
