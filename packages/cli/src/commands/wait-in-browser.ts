import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectFlow } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError, type Terminal } from '../terminal.ts'
import type { CommandContext } from './context.ts'

/** Between two looks at how far somebody has come in the browser; a device code has its own pace at the provider. */
const lookEveryMs = 2_000

/** An attempt that a person finishes in a browser. */
interface Waited {
  readonly flow: ConnectFlow
  readonly options: { readonly browser: boolean; readonly wait: boolean }
  /** What is connected, for people. */
  readonly what: string
}

/**
 * Shows the person where to go, and waits until they came back; undefined where nobody waits, which is then said. Throws
 * CommandError where it came to nothing.
 */
export async function waitInBrowser(
  { terminal }: CommandContext,
  client: Client,
  { flow, options, what }: Waited,
): Promise<ConnectFlow | undefined> {
  const link = flow.verificationUriComplete ?? flow.verificationUri ?? flow.continueUrl
  if (link === undefined) throw new CommandError('The vault named no page to go on at.')
  terminal.note(
    flow.userCode === undefined
      ? `To connect ${what}, open this page, signed in to the vault as the same person:\n  ${link}`
      : `To connect ${what}, open ${flow.verificationUri ?? link} on any machine and type in\n  ${flow.userCode}`,
  )
  if (!options.wait) {
    terminal.answer({ flow }, `It can be finished until ${timeOf(flow.expiresAt)}.`)
    return undefined
  }
  if (options.browser && terminal.interactive) await openPage(link, terminal)
  terminal.note(`Waiting until ${timeOf(flow.expiresAt)}; Ctrl-C ends the waiting.`)
  const ended = await waitFor(client, flow)
  if (ended.status === 'connected' && ended.connectionId !== undefined) return ended
  throw new CommandError(sentenceOf(ended))
}

/** The library starts whatever this system opens pages with; where there is nothing, the link stands there. */
async function openPage(link: string, terminal: Terminal): Promise<void> {
  const { default: open } = await import('open')
  const child = await open(link).catch(() => undefined)
  child?.on('error', () =>
    terminal.note('No browser could be opened here: open the link yourself.'),
  )
}

/** Looks until it is over; the flow ends by itself. How long that may take is the vault's word: this clock may be another. */
async function waitFor(
  client: Client,
  { id: flowId, createdAt, expiresAt }: ConnectFlow,
): Promise<ConnectFlow> {
  const lastMs = performance.now() + Date.parse(expiresAt) - Date.parse(createdAt) + 2 * lookEveryMs
  for (;;) {
    const { flow } = await client.call('getConnectFlow', { flowId })
    if (flow.status !== 'waiting') return flow
    if (performance.now() > lastMs) return { ...flow, status: 'expired' }
    await sleep(lookEveryMs)
  }
}

function sentenceOf({ problem, status }: ConnectFlow): string {
  if (problem !== undefined) return [problem.detail, problem.next].filter(Boolean).join(' ')
  return status === 'expired'
    ? 'Nobody finished it in time. Run it again.'
    : 'The account was not connected. Run it again.'
}

const timeOf = (timestamp: string) => new Date(timestamp).toLocaleTimeString()
