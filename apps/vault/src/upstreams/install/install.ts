// Installs packages that have an MCP server in them, where the operator lets owners do so, and says which commands there are.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import {
  type checkMcpCommand,
  type getMcpPrograms,
  type InputOf,
  type installMcpPackage,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import type { CommandCheck } from '../programs/programs.ts'
import type { RunOnce } from '../programs/run-once.ts'
import { checkCommand, describePrograms } from './describe-programs.ts'
import { type Installer, isNpmVersion, type PackageSpec, readPackage } from './package-name.ts'

/** Something that an owner had installed. */
interface InstallEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  readonly operation: 'installMcpPackage'
  readonly outcome: 'done' | 'failed'
  readonly reason?: string
  readonly detail: Readonly<Record<string, string>>
}

/** What this needs of others. */
export interface InstallNeeds {
  /** The absolute paths of the operator’s installers. */
  readonly installers: readonly string[]
  /** Where packages are kept; `bin` in it holds the programs. */
  readonly dir: string
  readonly run: RunOnce
  readonly checkCommand: (command: string) => CommandCheck
  /** Whether there is any program that may be run, and whether each runs as a user of its own. */
  readonly programs: { readonly isAllowed: boolean; readonly isIsolated: boolean }
  readonly audit: { record(event: InstallEvent): Promise<unknown> }
  readonly newId: (kind: 'audit') => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Owner = AuthenticatedOwner
type Installed = OutputOf<typeof installMcpPackage>

export interface Installation {
  /** Problems: `install-not-allowed`, `invalid-input`, `install-failed`, `fresh-sign-in-required`, `overloaded`. */
  install(owner: Owner, input: InputOf<typeof installMcpPackage>): Promise<Installed>
  check(input: InputOf<typeof checkMcpCommand>): OutputOf<typeof checkMcpCommand>
  /** What the operator lets owners run and install, and as whom programs run. */
  programs(): OutputOf<typeof getMcpPrograms>
}

const installMsMax = 5 * 60_000
const resolveMsMax = 60_000

/** Builds the room. One package is installed at a time. */
export function createInstallation(needs: InstallNeeds): Installation {
  const state = { isBusy: false }
  return {
    check: (input) => checkCommand(needs, input),
    programs: () => describePrograms(needs),

    async install(owner, input) {
      const path = needs.installers.find((one) => basename(one) === input.installer)
      if (path === undefined) throw notAllowed(input.installer)
      const spec = readPackage(input.package, input.installer)
      if (spec === undefined) throw noPackage()
      // What is installed can be run from then on.
      if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
      if (state.isBusy) throw busy()
      state.isBusy = true
      const event = (outcome: 'done' | 'failed', more: Partial<InstallEvent>) =>
        needs.audit.record({
          ...{ auditId: needs.newId('audit'), workspaceId: owner.workspaceId },
          ...{ ownerId: owner.ownerId, operation: 'installMcpPackage', outcome },
          detail: { package: input.package, installer: input.installer },
          ...more,
        })
      try {
        const installed = await installOne(needs, { path, spec, installer: input.installer })
        await event('done', { detail: { ...installed, installer: input.installer } })
        return installed
      } catch (error) {
        if (error instanceof Problem) await event('failed', { reason: error.detail.slice(0, 500) })
        throw error
      } finally {
        state.isBusy = false
      }
    },
  }
}

interface Installing {
  readonly path: string
  readonly installer: Installer
  readonly spec: PackageSpec
}

async function installOne(needs: InstallNeeds, installing: Installing): Promise<Installed> {
  const { installer, spec } = installing
  const { name } = spec
  const version = spec.version ?? (await newest(needs, installing))
  const place = join(needs.dir, installer, name.replaceAll('/', '+'), version)
  mkdirSync(join(place, 'home'), { recursive: true, mode: 0o755 })
  // They install into the package in which they are run. An option that names the place would put the place's settings before those
  // that the operator made for the machine: a registry or a certificate of their own.
  if (installer !== 'uv') writeFileSync(join(place, 'package.json'), '{"private":true}')
  const args = argumentsOf(installer, { name, version })
  await runInstaller(needs, installing, { args, place, timeoutMs: installMsMax })
  const target = installer === 'uv' ? programOfTool(place, name) : programOfModule(place, name)
  if (target === undefined) {
    throw failed(`${name} ${version} has no program in it.`, 'Install the package that has one.')
  }
  const binPath = link(join(needs.dir, 'bin'), target, version)
  return { package: name, version, binName: basename(target), binPath }
}

/** None of these runs anything of the package: no scripts of npm packages, no building of Python ones. */
function argumentsOf(
  installer: Installer,
  { name, version }: { name: string; version: string },
): readonly string[] {
  switch (installer) {
    case 'npm':
      return [
        ...['install', '--ignore-scripts', '--no-audit', '--no-fund'],
        ...['--save-exact', '--', `${name}@${version}`],
      ]
    case 'bun':
      return ['add', '--ignore-scripts', '--exact', `${name}@${version}`]
    case 'uv':
      return ['tool', 'install', '--no-build', '--force', `${name}==${version}`]
  }
}

async function newest(needs: InstallNeeds, installing: Installing): Promise<string> {
  const { installer, spec } = installing
  if (installer !== 'npm') {
    throw new Problem('invalid-input', 'The package needs a version.', {
      next: installer === 'uv' ? 'Write it as name==1.2.3.' : 'Write it as name@1.2.3.',
      fields: [{ field: 'package', message: 'must name a version' }],
    })
  }
  const place = join(needs.dir, 'npm', '.look')
  mkdirSync(join(place, 'home'), { recursive: true, mode: 0o755 })
  const args = ['view', '--json', '--', spec.name, 'version']
  const said = await runInstaller(needs, installing, { args, place, timeoutMs: resolveMsMax })
  const version = said.trim().replaceAll('"', '')
  if (isNpmVersion(version)) return version
  throw failed(`The newest version of ${spec.name} could not be found out.`, 'Name a version.')
}

async function runInstaller(
  { run }: InstallNeeds,
  { path, installer, spec }: Installing,
  {
    args,
    place,
    timeoutMs,
  }: { readonly args: readonly string[]; readonly place: string; readonly timeoutMs: number },
): Promise<string> {
  const home = join(place, 'home')
  const { code, stdout, stderr } = await run({
    ...{ path, args, cwd: place, timeoutMs },
    env: {
      PATH: [dirname(path), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      ...{ HOME: home, TMPDIR: home, LANG: 'C.UTF-8', NO_COLOR: '1' },
      ...{ npm_config_cache: join(home, '.npm'), npm_config_update_notifier: 'false' },
      ...{ npm_config_ignore_scripts: 'true', npm_config_fetch_retries: '1' },
      ...{ UV_TOOL_DIR: join(place, 'tools'), UV_TOOL_BIN_DIR: join(place, 'bin') },
    },
  })
  if (code === 0) return stdout
  const said = stderr.trim().split('\n').slice(-5).join(' ').slice(-500)
  throw failed(
    `${installer} could not install ${spec.name}: ${said === '' ? 'it was stopped' : said}.`,
    'Look whether the package and its version are there, and whether the vault’s machine reaches the registry.',
  )
}

const programName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** The program of an npm package: the one that is called like it, or the first. None where the package cannot be read. */
function programOfModule(place: string, name: string): string | undefined {
  const about = readJson(join(place, 'node_modules', name, 'package.json'))
  const own = name.replace(/^@[^/]+\//, '')
  const bin = typeof about === 'object' && about !== null && 'bin' in about ? about.bin : undefined
  const names =
    typeof bin === 'string'
      ? [own]
      : typeof bin === 'object' && bin !== null
        ? Object.keys(bin).filter((one) => programName.test(one))
        : []
  const chosen = names.includes(own) ? own : names[0]
  return chosen === undefined ? undefined : join(place, 'node_modules', '.bin', chosen)
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function programOfTool(place: string, name: string): string | undefined {
  const bin = join(place, 'bin')
  const all = existsSync(bin) ? readdirSync(bin) : []
  const names = all.filter((one) => programName.test(one))
  const chosen = names.includes(name) ? name : names.sort()[0]
  return chosen === undefined ? undefined : join(place, 'bin', chosen)
}

/** A name of its own for each program of each version: what a server runs never becomes another program. */
function link(dir: string, target: string, version: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o755 })
  const to = relative(dir, target)
  const plain = join(dir, `${basename(target)}-${version}`)
  const hash = createHash('sha256').update(to).digest('hex').slice(0, 8)
  const path = [undefined, to].includes(linkAt(plain)) ? plain : `${plain}-${hash}`
  const fresh = `${path}.${process.pid}`
  symlinkSync(to, fresh)
  renameSync(fresh, path)
  return path
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

const notAllowed = (installer: Installer) =>
  new Problem('install-not-allowed', `Owners may not install packages with ${installer} here.`, {
    next: `The operator sets SALLYPORT_UPSTREAM_INSTALL to the absolute path of ${installer}, or installs the package and adds its program to SALLYPORT_UPSTREAM_COMMANDS.`,
  })

const noPackage = () =>
  new Problem('invalid-input', 'package is no name of a package.', {
    next: 'Write the name that the registry has, and one version: @scope/name@1.2.3.',
    fields: [{ field: 'package', message: 'must be a package, such as @scope/name@1.2.3' }],
  })

const failed = (detail: string, next: string) => new Problem('install-failed', detail, { next })

const busy = () =>
  new Problem('overloaded', 'Another package is being installed.', {
    next: 'Try again when that is done.',
    retryAfterSeconds: 10,
  })
