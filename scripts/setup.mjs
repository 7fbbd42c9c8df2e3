// Installs the dependencies with the pnpm that package.json names; does nothing when they are there already.
// Plain Node: it runs before anything is installed. Needs no root and no Docker.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'
import { filesUnder, hashOf, isStamped, root, stamp } from './fresh.mjs'

const nodeMin = [20, 19]
const shownOutputLines = 20
/** What pnpm, npm and Node write when the registry cannot be reached. */
const registryIsDown =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|ERR_SOCKET_TIMEOUT|network request to/

/** Why setting up failed, in one sentence for whoever runs it. */
class SetupError extends Error {}

/** Makes sure that the dependencies are installed. Throws SetupError. */
export async function setup() {
  refuseOldNode()
  const manifests = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...filesUnder(['patches']),
  ]
  const members = [...filesUnder(['packages']), ...filesUnder(['apps'])]
  const files = [...manifests, ...members.filter((file) => file.endsWith('/package.json'))]
  const hash = hashOf(files, process.platform, process.arch, process.versions.modules)
  const stampPath = join(root, 'node_modules', '.sallyport-setup')
  if (isStamped(stampPath, hash) && existsSync(join(root, 'node_modules', '.pnpm'))) return
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  stderr.write(`Installing the dependencies with ${packageManager} (once; up to a minute) …\n`)
  const { code, output } = await runPnpm(packageManager, ['install', '--frozen-lockfile'])
  if (code !== 0) throw new SetupError(explain(output))
  stamp(stampPath, hash)
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return
  throw new SetupError(
    `Sallyport needs Node ${nodeMin.join('.')} or newer and this is ${process.versions.node}: install a newer one from https://nodejs.org.`,
  )
}

/** Runs the pinned pnpm through npm's own `exec`, since the corepack of Node 20 refuses today's signatures. */
export function runPnpm(packageManager, args) {
  const npm = process.env.npm_execpath
  const throughNpm = npm?.endsWith('npm-cli.js') === true
  const command = throughNpm ? process.execPath : 'npx'
  const first = throughNpm ? [npm, 'exec', '--yes', '--'] : ['--yes']
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, packageManager, ...args], {
      cwd: root,
      // In CI pnpm asks nothing: not even whether a half-installed node_modules may go.
      env: { ...process.env, CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: !throughNpm && process.platform === 'win32',
    })
    let output = ''
    const take = (chunk) => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.once('error', (cause) =>
      reject(new SetupError(`npm could not be started (${cause.code}): install npm beside Node.`)),
    )
    child.once('close', (code) => resolve({ code, output }))
  })
}

function explain(output) {
  const tail = output.trimEnd().split('\n').slice(-shownOutputLines).join('\n')
  const sentence = registryIsDown.test(output)
    ? 'The npm registry could not be reached: check the network or the proxy (npm config get registry), and run the same command again.'
    : 'The dependencies could not be installed; above is what pnpm said last.'
  return `${tail}\n\n${sentence}`
}

/** Runs a step of a script; a failure is one message on stderr and exit code 1, without a stack. */
export async function orExplain(step) {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    stderr.write(`${error.message}\n`)
    exit(1)
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await orExplain(setup)
