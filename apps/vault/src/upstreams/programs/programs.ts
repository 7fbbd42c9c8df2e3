// Runs the programs of stdio servers: those that the operator listed, without a shell, with an environment of their own, and
// never longer than the vault.
import { randomUUID } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import type { Program, ProgramListener, ProgramSpec, StartProgram } from '../clients/program.ts'
import { type CommandCheck, createCommandRules, readCommandList } from './command-rules.ts'
import { checkArguments, createEnvironment } from './environment.ts'
import { installBase, listOwners, listPlaces, preparePlace, removePlaces } from './program-place.ts'
import { createProgramUsers, type ListOwners } from './program-user.ts'
import { createRunOnce, type RunOnce } from './run-once.ts'
import { runProgram } from './run-program.ts'

export type { CommandCheck } from './command-rules.ts'
export { pathOfName, readCommandList } from './command-rules.ts'
export { findNamedUser } from './program-user.ts'

/** Where packages are installed; `bin` in it holds their programs. Made where it is missing. */
export const findInstallDir = (dataDir: string): string =>
  installBase(
    dataDir,
    createProgramUsers({ name: undefined, dataDir, listOwners: () => new Map() })('installed'),
  )

/** The programs of stdio servers. */
export interface Programs {
  readonly start: StartProgram
  /** Whether a command could be run, and if not, what is missing and who does what about it. */
  check(command: string): CommandCheck
  /** Whether the operator has listed any. */
  readonly isAllowed: boolean
  /** Whether programs run as a user of their own, and so cannot read what the vault can. */
  readonly isIsolated: boolean
  /** Takes away what the program of a server that is gone has left. Rejects where something stays behind. */
  forget(serverId: string): Promise<void>
  /** Whose directories there are: servers, and drafts that nobody tries any more. */
  places(nowMs: number): { readonly servers: readonly string[]; readonly drafts: readonly string[] }
  /** Runs an installer, as a user of its own where programs run so. */
  readonly runOnce: RunOnce
  /** Ends all of them within two seconds; `start` fails from now on. */
  close(): Promise<void>
}

const programsMax = 100

/**
 * Builds the room.
 * @throws RangeError with a sentence for a list or a user that cannot be used
 */
export function createPrograms(needs: {
  readonly dataDir: string
  /** The operator's list as it stands in SALLYPORT_UPSTREAM_COMMANDS. */
  readonly commands: string | undefined
  /** The operating system user of SALLYPORT_UPSTREAM_USER. */
  readonly userName: string | undefined
}): Programs {
  const { dataDir } = needs
  const list = readCommandList(needs.commands)
  const rules = createCommandRules(list)
  const ownersOf: ListOwners = (user) => listOwners(dataDir, user)
  const findUser = createProgramUsers({ name: needs.userName, dataDir, listOwners: ownersOf })
  const running = new Set<Program>()
  let isClosed = false

  async function start(spec: ProgramSpec, listener: ProgramListener): Promise<Program> {
    if (isClosed) throw stopping()
    if (process.platform === 'win32') throw noGroups()
    const path = rules.resolve(spec.command ?? '')
    checkArguments(spec.args)
    const user = findUser(spec.serverId)
    const place = await preparePlace({ ...spec, dataDir, user, cwd: spec.cwd })
    const mark = `${spec.serverId}.${randomUUID()}`
    const env = createEnvironment(spec.env, { home: place.home, mark })
    if (running.size >= programsMax) throw tooMany()
    const program = await runProgram(
      { path, args: spec.args, env, cwd: place.cwd, user, lineBytesMax: spec.lineBytesMax },
      {
        ...listener,
        onLine: (line) => listener.onLine(line),
        onEnd(end) {
          running.delete(program)
          listener.onEnd(end)
        },
      },
    )
    running.add(program)
    if (isClosed) {
      await program.close(stopping())
      throw stopping()
    }
    return program
  }

  return {
    start,
    check: rules.check,
    runOnce: createRunOnce(createProgramUsers({ name: undefined, dataDir, listOwners: ownersOf })),
    forget: (serverId) =>
      removePlaces({ dataDir, serverId, findUser, isOwn: needs.userName === undefined }),
    places: (nowMs) => listPlaces({ dataDir, findUser, nowMs }),
    isAllowed: list !== undefined,
    isIsolated: process.getuid?.() === 0,
    async close() {
      isClosed = true
      await Promise.all([...running].map((program) => program.close(stopping())))
    },
  }
}

const stopping = () =>
  new Problem('request-stopped', 'The vault is stopping.', { extra: { stage: 'spawn' } })

const tooMany = () =>
  new Problem('overloaded', 'The vault runs as many programs as it may: 100.', {
    next: 'The owner disables a server that is not needed.',
    extra: { stage: 'spawn' },
  })

const noGroups = () =>
  new Problem(
    'upstream-command-refused',
    'Programs cannot be run on Windows: they could outlive the vault there.',
    {
      next: 'The owner reaches the server over HTTP.',
      extra: { stage: 'resolve' },
    },
  )
