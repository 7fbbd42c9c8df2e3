// Builds what is run: the `sallyport` command with the vault in it, and the stdio MCP server. Does nothing when the sources
// have not changed. `--force` builds in any case.
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { argv, stderr } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { filesUnder, hashOf, isStamped, root, stamp } from './fresh.mjs'

const lockPath = join(root, 'node_modules', '.sallyport-build.lock')
const lockRetryMs = 50
const always = ['scripts/build.mjs', 'scripts/bundled-packages.mjs', 'pnpm-lock.yaml']
const dashboardSources = [
  'apps/dashboard',
  'packages/contracts',
  'packages/sdk',
  'packages/catalog',
  ...always,
]

/** The parts in their order, each with its own stamp, so that one is not rebuilt for the other's sake. */
const parts = [
  {
    name: 'the dashboard',
    path: 'apps/dashboard/build.mjs',
    out: 'apps/dashboard/dist',
    sources: dashboardSources,
  },
  {
    name: 'the vault and its command',
    path: 'packages/cli/build.mjs',
    out: 'packages/cli/dist',
    sources: ['apps', 'packages', 'drizzle', ...always],
  },
  {
    name: 'the MCP server',
    path: 'packages/mcp/build.mjs',
    out: 'packages/mcp/dist',
    sources: ['packages/mcp', 'packages/contracts', 'packages/sdk', ...always],
  },
]

/** Brings everything that is built up to date. Safe to call from several processes at once. */
export async function build({ force = false } = {}) {
  const hashes = parts.map((part) => ({ ...part, hash: hashOf(filesOf(part)) }))
  const stale = () =>
    hashes.filter(({ out, hash }) => force || !isStamped(join(root, out, '.stamp'), hash))
  if (stale().length === 0) return
  const unlock = await lock()
  try {
    for (const { name, path, out, hash } of stale()) {
      const startedAt = performance.now()
      const part = await import(pathToFileURL(join(root, path)).href)
      await part.build()
      stamp(join(root, out, '.stamp'), hash)
      stderr.write(`Built ${name} in ${Math.round(performance.now() - startedAt)} ms.\n`)
    }
  } finally {
    unlock()
  }
}

/** What a part is made of: neither its tests nor what the compiler notes down. */
const filesOf = ({ sources }) =>
  filesUnder(sources).filter((file) => !/\.test(-d)?\.ts$|\.tsbuildinfo$/.test(file))

/** One build at a time: tests, a start and a demo may all find the same sources changed. */
async function lock() {
  for (;;) {
    try {
      const descriptor = openSync(lockPath, 'wx')
      writeSync(descriptor, String(process.pid))
      closeSync(descriptor)
      return () => rmSync(lockPath, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isAbandoned()) rmSync(lockPath, { force: true })
      else await sleep(lockRetryMs)
    }
  }
}

/** Whether the process that holds the lock is gone. */
function isAbandoned() {
  if (!existsSync(lockPath)) return false
  try {
    const holder = Number(readFileSync(lockPath, 'utf8'))
    // Written right after it was made; empty for a moment.
    if (holder > 0) process.kill(holder, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await build({ force: argv.includes('--force') })
