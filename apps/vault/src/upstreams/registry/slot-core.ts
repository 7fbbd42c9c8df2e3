import type { Problem } from '@sallyport/contracts'
import type { AuthChallenge } from '../clients/upstream-clients.ts'
import type { ServerRow, ServerStatus, ServerStore } from '../kept/server-store.ts'
import type { DefinedTools } from '../pins/define-tools.ts'
import type { OpenNeeds } from './open-server.ts'
import type { AwayServer, ProgramClaims } from './program-claims.ts'
import { logFault } from './redact-fault.ts'
import { createRestarts, type Restarts } from './restarts.ts'
import { sayFailure } from './say-failure.ts'
import type { Serving } from './serving.ts'

/** What one server’s connection needs. */
export interface SlotNeeds extends OpenNeeds {
  readonly store: Pick<ServerStore, 'findAnywhere' | 'saveStatus'>
  readonly syncTools: (row: ServerRow, tools: DefinedTools) => Promise<void>
  /** The server says that its resources or its prompts are others: whoever may ask for them is told. */
  readonly tellList: (row: ServerRow, list: 'resources' | 'prompts') => Promise<void>
  /** Which replica runs which program; absent where there is one vault alone. */
  readonly claims?: ProgramClaims | undefined
  /** Could this replica run such a command? What is installed may be on one of them alone. */
  readonly mayRun?: ((command: string) => boolean) | undefined
  readonly onFailure: (what: string, error: unknown) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly random: () => number
}

/** One attempt to connect. */
export interface Attempt {
  readonly key: string
  readonly stop: () => void
  readonly done: Promise<void>
}

/** All that is known of one server’s connection on this replica. */
export interface SlotCore {
  readonly needs: SlotNeeds
  readonly serverId: string
  /** All that stand, those that end included. */
  readonly servings: Set<Serving>
  /** Those of all of them; the same list until it changes. */
  secrets: readonly string[]
  /** Called when the connection has come, or is not about to come any more. */
  readonly wakers: Set<() => void>
  readonly restarts: { readonly program: Restarts; readonly other: Restarts }
  /** Looks again, once a timer is over. */
  readonly again: () => void
  live: Serving | undefined
  attempt: Attempt | undefined
  timer: NodeJS.Timeout | undefined
  /** When the timer ends, in ms since the epoch. */
  timerAtMs: number
  isClosed: boolean
  row: ServerRow | undefined
  lastTriedKey: string
  /** Called when another connection serves from now on, or none. */
  onReplaced: () => void
  lastStatus: string
  /** Ends when the last failure is written down: whoever looks then finds it. */
  noting: Promise<void>
  /** What the server wanted last, and whether that is written down. */
  readonly challenged: { last: string; saving: Promise<void> }
  /** Set while another replica runs the program, or may. */
  away: AwayServer | undefined
  /** Who ran it last, where that was another replica: kept when the server is switched off. */
  lastAway: AwayServer | undefined
  /** The secrets of a server that is away, as far as they are known. */
  awaySecrets: readonly string[] | undefined
  /** Ends when nothing runs any more of what was ended last. Never rejects. */
  ending: Promise<unknown>
  /** Ends when no program of one agent’s is being started any more. Never rejects. */
  whenAgentsSettled: () => Promise<unknown>
  /** What a program that ended wrote last. */
  lastLog: string
  /** The same of the one that was started last, where connecting to it failed. */
  failedLog: string
}

/** A slot in which nothing has been tried yet. */
export const createSlotCore = (
  needs: SlotNeeds,
  serverId: string,
  again: () => void,
): SlotCore => ({
  ...{ needs, serverId, again, servings: new Set(), wakers: new Set() },
  restarts: {
    program: createRestarts({ isProgram: true }),
    other: createRestarts({ isProgram: false }),
  },
  ...{ live: undefined, attempt: undefined, timer: undefined, row: undefined },
  secrets: [],
  onReplaced: () => {},
  ...{ away: undefined, lastAway: undefined, awaySecrets: undefined },
  ...{ ending: Promise.resolve(), whenAgentsSettled: () => Promise.resolve() },
  ...{ challenged: { last: '', saving: Promise.resolve() }, noting: Promise.resolve() },
  ...{
    timerAtMs: 0,
    isClosed: false,
    lastTriedKey: '',
    lastStatus: '',
    lastLog: '',
    failedLog: '',
  },
})

export const restartsOf = ({ restarts }: SlotCore, { transport }: ServerRow): Restarts =>
  transport === 'stdio' ? restarts.program : restarts.other

/** Called whenever a connection has come or gone. */
export function listSecrets(core: SlotCore): void {
  const given = [...core.servings].flatMap((serving) => serving.secrets)
  const secrets = [...new Set([...given, ...(core.awaySecrets ?? [])])]
  if (secrets.join('\n') !== core.secrets.join('\n')) core.secrets = secrets
}

export const wake = ({ wakers }: SlotCore): void => {
  for (const one of wakers) one()
}

/** Until what could not be kept is kept again, in ms. */
const saveAgainMs = 2_000

/**
 * Keeps what became of an attempt; what is kept already is not written again. Where the database does not answer it is logged, and
 * tried again until something newer is to be kept: owners would see for good what was true for a moment.
 */
export async function saveStatus(core: SlotCore, status: Partial<ServerStatus>): Promise<void> {
  const text = JSON.stringify(status)
  if (core.lastStatus === text) return
  core.lastStatus = text
  try {
    await core.needs.store.saveStatus(core.serverId, status)
  } catch (error) {
    core.needs.onFailure('the status of an MCP server could not be kept', error)
    const again = () => {
      if (core.lastStatus !== text || core.isClosed) return
      core.lastStatus = ''
      void saveStatus(core, status)
    }
    setTimeout(again, saveAgainMs).unref()
  }
}

/** Notes that the server wants a sign-in or more scopes, once for each thing that it wants of a connection. */
export function challengeNoted(core: SlotCore): (challenge: AuthChallenge) => void {
  return ({ status, scopes }) => {
    const challenge = { status, ...(scopes !== undefined && { scopes }) }
    const text = JSON.stringify([core.lastTriedKey, challenge])
    const { needs, challenged } = core
    if (challenged.last === text) return
    challenged.last = text
    challenged.saving = needs.store.saveStatus(core.serverId, { challenge }).catch((error) => {
      challenged.last = ''
      needs.onFailure('what an MCP server wants could not be kept', error)
    })
  }
}

/** Ends the attempt under way, and the wait for the next one. */
export function stopTrying(core: SlotCore): void {
  clearTimeout(core.timer)
  core.timer = undefined
  core.attempt?.stop()
  core.attempt = undefined
}

/** Notes a failure, keeps what serves serving, and says when it is tried again. */
export async function noteFailure(core: SlotCore, row: ServerRow, error: unknown): Promise<void> {
  const { needs } = core
  logFault(needs, `the MCP server ${core.serverId} could not be connected`, error)
  const failure = sayFailure(error, needs.now())
  const delayMs = restartsOf(core, row).next(needs.now(), needs.random())
  schedule(core, delayMs)
  core.noting = core.challenged.saving.then(() =>
    saveStatus(core, {
      status: core.live === undefined ? 'error' : 'connected',
      failure: delayMs === undefined ? { ...failure, message: failure.message + givenUp } : failure,
    }),
  )
  await core.noting
  wake(core)
}

const givenUp =
  ' It was started too often within ten minutes, and is not started again until somebody refreshes it.'

function schedule(core: SlotCore, delayMs: number | undefined): void {
  clearTimeout(core.timer)
  core.timer = undefined
  if (delayMs === undefined || core.isClosed) return
  core.timerAtMs = core.needs.now() + delayMs
  core.timer = setTimeout(() => {
    core.timer = undefined
    core.again()
  }, delayMs)
  core.timer.unref()
}

/** Ends all that stands or is being opened, calls under way included. Resolves when what stood has ended. */
export async function endAll(core: SlotCore, why?: Problem): Promise<void> {
  const tried = core.attempt?.done.catch(() => undefined)
  stopTrying(core)
  const all = [...core.servings]
  core.lastLog = core.live?.upstream.stderrTail() ?? core.lastLog
  core.live = undefined
  core.onReplaced()
  wake(core)
  const ended = Promise.all(all.map((serving) => serving.close(why)))
  const settled = [ended.catch(() => undefined), tried, core.whenAgentsSettled()]
  core.ending = Promise.all([core.ending, ...settled])
  await ended
}

/** Ends all of it at once, and says why it has. */
export async function switchOff(
  core: SlotCore,
  row: ServerRow | undefined,
  why?: Problem,
): Promise<void> {
  const ended = endAll(core, why)
  const nowMs = core.needs.now()
  if (why !== undefined) await saveOnce(core, { status: 'error', failure: sayFailure(why, nowMs) })
  else if (row !== undefined) await saveOnce(core, offStatus(row, nowMs))
  await ended
}

/** What is written is heard of, and looked at again: the same thing said at another time would be written for ever. */
async function saveOnce(core: SlotCore, status: Partial<ServerStatus>): Promise<void> {
  const withoutTime = (text: string) => text.replace(/"at":"[^"]*"/, '')
  if (withoutTime(JSON.stringify(status)) === withoutTime(core.lastStatus)) return
  await saveStatus(core, status)
}

const offStatus = ({ account }: ServerRow, nowMs: number): Partial<ServerStatus> =>
  account.status === 'revoked'
    ? {
        status: 'error',
        failure: {
          stage: 'configuration',
          message: 'The connection of the server was revoked: its secrets are gone.',
          at: new Date(nowMs).toISOString(),
        },
      }
    : { status: 'disconnected', failure: null }
