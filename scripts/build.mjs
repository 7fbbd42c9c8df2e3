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
const sources = ['apps/vault', 'packages', 'drizzle', 'scripts/build.mjs', 'pnpm-lock.yaml']

/** The parts, each with its own stamp, so that one is not rebuilt for the other's sake. */
const parts = [
  {
    name: 'the vault and its command',
    path: 'packages/cli/build.mjs',
    out: 'packages/cli/dist',
  },
  {
    name: 'the MCP server',
    path: 'packages/mcp/build.mjs',
    out: 'packages/mcp/dist',
  },
]

/** Brings everything that is built up to date. Safe to call from several processes at once. */
export async function build({ force = false } = {}) {
  const files = filesUnder(sources).filter((file) => !/\.test(-d)?\.ts$/.test(file))
  const hash = hashOf(files)
  const stale = () =>
    parts.filter(({ out }) => force || !isStamped(join(root, out, '.stamp'), hash))
  if (stale().length === 0) return
  const unlock = await lock()
  try {
    for (const { name, path, out } of stale()) {
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
