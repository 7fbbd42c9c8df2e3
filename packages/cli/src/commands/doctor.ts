import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { type Client, createClient } from '@sallyport/sdk'
import type { Command } from 'commander'
import { readStoredToken, type Settings, tokensPath } from '../settings.ts'
import { CommandError } from '../terminal.ts'
import type { RunCommand } from './run-command.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  /** It works, and somebody should know. */
  readonly warn?: boolean
  readonly say: string
}

const nodeMin = [20, 19] as const
const skewMsMax = 10_000

/** `sallyport doctor`: looks at what usually is wrong and says what to do about it. */
export function addDoctorCommand(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('Check this machine, the vault and the sign-in; changes nothing')
    .option('--vault', 'check what a vault stands on, where it runs; none has to run')
    .addHelpText(
      'after',
      '\nWhere DATABASE_URL is set or the data directory is there, what a vault of this environment stands on is checked as well.',
    )
    .action(
      run(async ({ terminal, settings, environment }, [{ vault = false }]: [DoctorOptions]) => {
        const findings = [
          checkNode(),
          ...checkFiles(settings),
          ...(vault || isWhereItRuns(settings) ? await checkGround(environment) : []),
          ...(vault ? [] : await checkVault(settings)),
        ]
        const lines = findings.map(
          ({ what, ok, warn, say }) => `${ok ? (warn ? 'warn' : 'ok  ') : 'FAIL'}  ${what}: ${say}`,
        )
        terminal.answer({ ok: findings.every(({ ok }) => ok), findings }, lines.join('\n'))
        const failed = findings.filter(({ ok }) => !ok).length
        if (failed > 0) throw new CommandError(`${failed} of ${findings.length} checks failed.`)
      }),
    )
}

interface DoctorOptions {
  readonly vault?: boolean
}

const isWhereItRuns = ({ environment, dataDir }: Settings) =>
  Boolean(environment.DATABASE_URL || environment.DATABASE_URL_FILE) || existsSync(dataDir)

/** What a vault of this environment would stand on. */
async function checkGround(environment: Settings['environment']): Promise<Finding[]> {
  // Loaded only here: it brings the vault along.
  const { examineVault } = await import('@sallyport/vault/examine-vault')
  return (await examineVault(environment)).map(({ what, level, say }) => ({
    ...{ what, ok: level !== 'fail', say },
    ...(level === 'warn' && { warn: true }),
  }))
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])
  const say = ok ? process.version : `${process.version}; ${nodeMin.join('.')} or newer is needed`
  return { what: 'Node.js', ok, say }
}

/** Files with secrets that others can read. */
function checkFiles(settings: Settings): Finding[] {
  const keys = join(settings.configDir, 'keys')
  const paths = [
    ...['root-key', 'setup-token'].map((name) => join(settings.dataDir, name)),
    tokensPath(settings),
    ...(existsSync(keys) ? readdirSync(keys).map((name) => join(keys, name)) : []),
  ]
  return paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return []
    const ok = process.platform === 'win32' || (found.mode & 0o077) === 0
    const say = ok ? 'only its owner can read it' : `others can read it: chmod 600 ${path}`
    return [{ what: path, ok, say }]
  })
}

async function checkVault(settings: Settings): Promise<Finding[]> {
  const { baseUrl } = settings
  const anyone = createClient({ baseUrl, auth: { kind: 'none' } })
  const ready = await tell(`vault at ${baseUrl}`, async () => {
    await anyone.call('getReadiness', {})
    return 'ready'
  })
  if (!ready.ok) return [ready]
  const clock = await tell('clock', () => compareClocks(baseUrl))
  const issuer = await tell('issuer', async () => {
    const metadata = await anyone.call('getAuthorizationServerMetadata', {})
    if (metadata.issuer === baseUrl) return metadata.issuer
    throw new CommandError(
      `the vault calls itself ${metadata.issuer}: set SALLYPORT_PUBLIC_URL there, or SALLYPORT_TOKEN_AUDIENCE=${metadata.issuer} for agents`,
    )
  })
  return [ready, clock, issuer, ...(await checkOwner(settings))]
}

async function checkOwner(settings: Settings): Promise<Finding[]> {
  const { baseUrl, environment, urlOption } = settings
  const stored = readStoredToken(settings)
  const token = environment.SALLYPORT_OWNER_TOKEN || stored?.token
  const how = `npx sallyport login${urlOption}`
  if (token === undefined) return [{ what: 'owner', ok: true, say: `not signed in (${how})` }]
  const session = createClient({ baseUrl, auth: { kind: 'bearer', token } })
  const owner = await tell('owner', async () => {
    try {
      const { owner: person, workspace } = await session.call('getSession', {})
      return `${person.email}, ${person.role} of ${workspace.name}`
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.type !== 'unauthenticated') throw thrown
      throw new CommandError(
        environment.SALLYPORT_OWNER_TOKEN
          ? 'the vault does not know the token in SALLYPORT_OWNER_TOKEN'
          : `the sign-in has ended; sign in again: ${how}`,
      )
    }
  })
  if (!owner.ok) return [owner]
  const audit = await tell('audit log', async () => {
    const { ok, checked, firstBad } = await session.call('verifyAudit', {})
    if (ok) return `${checked} records verified`
    throw new CommandError(`record ${firstBad} is not what was written`)
  })
  return [owner, audit, ...(await checkPrograms(session))]
}

/** Not a fault: but whoever lets owners run programs is to know what those can read. */
async function checkPrograms(session: Client): Promise<Finding[]> {
  const found = await session.call('getMcpPrograms', {}).catch((thrown: unknown) => {
    // The token may read no tools, and an older vault has no programs.
    if (thrown instanceof Problem) return undefined
    throw thrown
  })
  if (found?.allowed !== true) return []
  return [{ what: 'programs', ok: true, say: found.message }]
}

async function compareClocks(baseUrl: string): Promise<string> {
  const answer = await fetch(`${baseUrl}/healthz`, { signal: AbortSignal.timeout(5000) })
  await answer.arrayBuffer()
  const skewMs = Date.now() - Date.parse(answer.headers.get('date') ?? '')
  if (Math.abs(skewMs) < skewMsMax) return 'agrees with the vault’s'
  throw new CommandError(
    `differs from the vault’s by ${Math.round(skewMs / 1000)} s; assertions will be refused. Set both by NTP`,
  )
}

async function tell(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, say: await look() }
  } catch (thrown) {
    const say =
      thrown instanceof Problem
        ? [thrown.detail, thrown.next].filter(Boolean).join(' ')
        : thrown instanceof Error
          ? thrown.message
          : String(thrown)
    return { what, ok: false, say }
  }
}
