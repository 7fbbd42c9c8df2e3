// What the demo plays on: a folder that goes away, the vault in a process of its own, and the commands as people type
// them. Nothing of the machine's own Sallyport is touched.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { root } from '../fresh.mjs'

const bin = join(root, 'packages/cli/bin/sallyport.js')
const readyMsMax = 30_000
const commandMsMax = 20_000
const stopMsMax = 15_000

export const say = (text = '') => stdout.write(`${text}\n`)

/** Makes the folder; `close` ends what was started and removes it. */
export function openStage() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-'))
  // The database runs as another user where this one is root.
  chmodSync(folder, 0o755)
  const kept = new Set(['PATH', 'TMPDIR', 'LANG', 'SystemRoot', 'TEMP'])
  const machine = Object.fromEntries(Object.entries(env).filter(([name]) => kept.has(name)))
  const variables = { ...machine, HOME: folder, SALLYPORT_DATA_DIR: join(folder, 'data') }
  const running = new Set()
  let isClosed = false
  const start = (args, more = {}) => {
    if (isClosed) throw new Error('The demo is over.')
    const child = spawn(execPath, [bin, ...args], { cwd: folder, env: { ...variables, ...more } })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }
  return {
    folder,
    startVault: () => startVault(start),
    command: (url) => (args, options) => runCommand(start, { args, url, ...options }),
    async close() {
      isClosed = true
      await Promise.all([...running].map(stop))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startVault(start) {
  const child = start(['up', '--json'], {
    SALLYPORT_PORT: '0',
    SALLYPORT_LOG_LEVEL: 'warn',
    // So that the vault may call the demo's own API on loopback.
    SALLYPORT_EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  const { url } = await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The vault is not ready in time. ${complaint}`)),
      readyMsMax,
    )
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)))
    child.once('close', () => reject(new Error(`The vault did not start: ${complaint}`)))
    child.once('exit', () => clearTimeout(timer))
    child.stdout.once('data', () => clearTimeout(timer))
  })
  return { url, stop: () => stop(child) }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}

/** Runs a command to its end, with `input` on stdin. Shows it as it is typed, and what it prints, unless `quiet`. */
async function runCommand(start, { args, url, input = '', quiet = false, mayFail = false }) {
  const child = start(args, { SALLYPORT_BASE_URL: url })
  const timer = setTimeout(() => child.kill('SIGKILL'), commandMsMax)
  let printed = ''
  let complaint = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  if (!quiet) {
    say(`   $ npx sallyport ${args.map(shown).join(' ')}`)
    for (const line of printed.trimEnd().split('\n')) say(`     ${line}`)
  }
  if (code !== 0 && !mayFail) throw new Error(`sallyport ${args[0]} failed: ${complaint.trim()}`)
  return { code, printed }
}

const shown = (word) => (/^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word}'`)
