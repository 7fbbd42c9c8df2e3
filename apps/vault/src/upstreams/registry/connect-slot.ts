import type { ServerRow } from '../kept/server-store.ts'
import { defineTools } from '../pins/define-tools.ts'
import { type OpenedServer, openStored } from './open-server.ts'
import { redactFault } from './redact-fault.ts'
import { sayFailure } from './say-failure.ts'
import { createServing, type Serving } from './serving.ts'
import {
  type Attempt,
  challengeNoted,
  listSecrets,
  noteFailure,
  restartsOf,
  type SlotCore,
  saveStatus,
  wake,
} from './slot-core.ts'

/** Begins to connect. Until the new connection stands and its tools are written down, the old one serves. */
export function beginAttempt(core: SlotCore, row: ServerRow, key: string): Attempt {
  const controller = new AbortController()
  const isCurrent = () => core.attempt === attempt && !core.isClosed
  const attempt: Attempt = {
    key,
    stop: () => controller.abort(),
    // Begun only once it is known as the current one.
    done: Promise.resolve().then(() =>
      connect(core, row, { key, isCurrent, signal: controller.signal }),
    ),
  }
  return attempt
}

interface Connecting {
  readonly key: string
  /** Is this still what is wanted? */
  readonly isCurrent: () => boolean
  readonly signal: AbortSignal
}

async function connect(core: SlotCore, row: ServerRow, connecting: Connecting): Promise<void> {
  const { isCurrent, signal, key } = connecting
  const { needs } = core
  let opened: OpenedServer | undefined
  try {
    opened = await openStored(needs, row, {
      ...{ signal, onChallenge: challengeNoted(core) },
      onFailedLog: (log) => {
        if (isCurrent()) core.failedLog = log
      },
    })
    if (isCurrent()) await needs.syncTools(row, definedBy(row, opened))
    if (!isCurrent()) return await opened.upstream.close()
  } catch (error) {
    await opened?.upstream.close()
    if (!isCurrent()) return
    core.attempt = undefined
    return noteFailure(core, row, redactFault(error, redactOf(opened)))
  }
  core.attempt = undefined
  restartsOf(core, row).worked(needs.now())
  core.challenged.last = ''
  core.failedLog = ''
  swap(core, row, { key, opened })
  const { name, version } = opened.upstream.serverInfo
  await saveStatus(core, {
    ...{ status: 'connected', failure: null, serverInfo: { name, version }, challenge: null },
    lastConnectedAt: new Date(needs.now()),
  })
}

/** A call is sent at the latest so long after it was readied, in ms. */
const readiedMsMax = 60_000

/** The new connection serves from now on; the old one ends with its last call. */
function swap(
  core: SlotCore,
  row: ServerRow,
  { key, opened }: { readonly key: string; readonly opened: OpenedServer },
): void {
  const before = core.live
  const isOther = before !== undefined && before.secrets.join('\n') !== opened.secrets.join('\n')
  const cleansUntilMs = isOther ? core.needs.now() + readiedMsMax : 0
  const serving = createServing(opened, { key, cleansUntilMs }, () => {
    core.servings.delete(serving)
    listSecrets(core)
  })
  core.servings.add(serving)
  listSecrets(core)
  opened.tokens?.onChanged(() => listSecrets(core))
  core.live = serving
  core.onReplaced()
  const readAgain = oneAtATime(() => reread(core, row, serving))
  opened.upstream.onListChanged((list) => {
    if (list === 'tools') readAgain()
    else void tellList(core, row, { serving, list })
  })
  opened.upstream.onClosed((why) => lost(core, row, { serving, why }))
  wake(core)
  before
    ?.retire()
    .catch((error) => core.needs.onFailure('a connection to an MCP server did not end', error))
}

/** Does it again when it is done, where somebody wanted it meanwhile: what is read last is what counts last. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isRunning = false
  let isWanted = false
  const run = async () => {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await work()
    }
    isRunning = false
  }
  return () => {
    isWanted = true
    if (!isRunning) void run()
  }
}

/** Reads the tools again, as the server says that they have changed. Never rejects. */
async function reread(core: SlotCore, row: ServerRow, serving: Serving): Promise<void> {
  if (core.live !== serving) return
  const { upstream } = serving
  try {
    const listed = await upstream.listTools()
    if (core.live !== serving) return
    await core.needs.syncTools(row, definedBy(row, { upstream, listed }))
    await saveStatus(core, { status: 'connected', failure: null })
  } catch (error) {
    if (core.live !== serving) return
    core.needs.onFailure(
      `the tools of the MCP server ${row.id} could not be read`,
      redactFault(error, redactOf(serving)),
    )
    await saveStatus(core, {
      status: 'connected',
      failure: sayFailure(error, core.needs.now()),
    })
  }
}

/** Nothing is kept of these lists; clients read them anew. */
async function tellList(
  core: SlotCore,
  row: ServerRow,
  { serving, list }: { readonly serving: Serving; readonly list: 'resources' | 'prompts' },
): Promise<void> {
  if (core.live !== serving) return
  try {
    await core.needs.tellList(row, list)
  } catch (error) {
    core.needs.onFailure(`nobody was told of other ${list} of the MCP server ${row.id}`, error)
  }
}

function lost(
  core: SlotCore,
  row: ServerRow,
  { serving, why }: { readonly serving: Serving; readonly why: unknown },
): void {
  core.servings.delete(serving)
  listSecrets(core)
  if (core.live !== serving) return
  core.lastLog = serving.upstream.stderrTail()
  core.live = undefined
  if (core.attempt !== undefined) return
  noteFailure(core, row, why).catch((error) =>
    core.needs.onFailure('a lost MCP server is not tried again', error),
  )
}

/** Where nothing was opened, nothing that a server said is in it: what clients throw are problems. */
const redactOf = (opened: Pick<OpenedServer, 'scrubber'> | undefined) => (text: string) =>
  opened?.scrubber.text(text) ?? text

const definedBy = (
  { id }: ServerRow,
  { upstream, listed }: Pick<OpenedServer, 'upstream' | 'listed'>,
) => defineTools({ serverId: id, capabilities: upstream.capabilities, listed })
