// `pnpm check`: everything that a machine can say about the code without running it. Two parts at a time, one line each, and
// what a failed part has to say below it. Ends with `N passed, N failed`.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, exit, stderr, stdout } from 'node:process'
import { root } from './fresh.mjs'
import { orExplain, setup } from './setup.mjs'

const atOnce = 2
const bin = (path) => join(root, 'node_modules', path)
const script = (path) => join(root, 'scripts', path)

/** The slowest first. */
const parts = [
  {
    name: 'types',
    about: 'TypeScript',
    // Several checkers for one project check much of it each: on few cores that takes longer than one.
    args: [bin('typescript-native/bin/tsc'), '-b', '--checkers', '1'],
  },
  {
    name: 'unused',
    about: 'knip',
    args: [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'],
  },
  {
    name: 'generated',
    about: 'documents and migrations',
    args: [script('generate.mjs'), '--check'],
  },
  { name: 'rooms', about: 'dependency-cruiser', args: [script('rooms.mjs')] },
  {
    name: 'style',
    about: 'Biome',
    args: [
      bin('@biomejs/biome/bin/biome'),
      'check',
      '--error-on-warnings',
      '--max-diagnostics=1000',
    ],
  },
  { name: 'tidy', about: 'lengths, reasons, names', args: [script('tidy.mjs')] },
]

/** Runs a part and resolves to whether it is content, having said so. */
function runPart({ name, about, args }) {
  const startedAt = performance.now()
  const child = spawn(execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const take = (chunk) => {
    output += chunk
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const verdict = code === 0 ? 'ok    ' : 'failed'
      stdout.write(`${verdict}  ${name.padEnd(9)} (${about}, ${seconds} s)\n`)
      if (code !== 0) stdout.write(`${output.trimEnd().replace(/^/gm, '  ')}\n`)
      resolve(code === 0)
    })
  })
}

async function check(chosen) {
  const waiting = [...chosen]
  const verdicts = []
  const work = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      verdicts.push(await runPart(part))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const passed = verdicts.filter(Boolean).length
  stdout.write(`${passed} passed, ${verdicts.length - passed} failed\n`)
  return passed === verdicts.length
}

const wanted = argv.slice(2)
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name))
if (unknown.length > 0) {
  stderr.write(
    `There is no check ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}.\n`,
  )
  exit(2)
}
// Not the whole setup: `pnpm install` is the developer's own business while manifests change.
if (!existsSync(join(root, 'node_modules', '.pnpm'))) await orExplain(setup)
const chosen = wanted.length === 0 ? parts : parts.filter(({ name }) => wanted.includes(name))
// Not exit(): it would cut off what a pipe has not taken yet.
if (!(await check(chosen))) process.exitCode = 1
