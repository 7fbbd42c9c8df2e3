import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import { type FlowSecrets, isStillAsked, openFlow } from './flow-secrets.ts'
import { giveBack } from './give-back.ts'
import { settle } from './settle-flow.ts'
import { flowProblemOf, isWaiting } from './view-flow.ts'

/** Longer than one question takes: whoever asks then finds that the one before did not come back. */
const turnMs = 15_000
/** RFC 8628 §3.5. */
const slowDownSeconds = 5
const pollSecondsDefault = 5
const pollSecondsMax = 60

/**
 * Asks the provider about a device code, where it is time to: one at a time over all replicas, and never more often than the
 * provider wants. What it granted is kept; what goes wrong is said in the attempt, and not thrown.
 */
export async function askAboutDevice(
  needs: ConnectNeeds,
  owner: AuthenticatedOwner,
  flow: StoredFlow,
): Promise<void> {
  const nowMs = needs.now()
  const isDue = flow.pollAfter !== null && flow.pollAfter.getTime() <= nowMs
  if (flow.method !== 'device' || !isDue || !isWaiting(flow, nowMs)) return
  const until = new Date(nowMs + turnMs)
  if (!(await needs.store.takePoll({ ...flow, now: new Date(nowMs), until }))) return
  const secrets = await openFlow(needs.keyring, flow)
  if (secrets?.deviceCode === undefined || secrets.ownerId !== owner.ownerId) return
  const answer = await ask(needs, flow, { ...secrets, deviceCode: secrets.deviceCode })
  if (answer === undefined) return
  const { client, granted } = answer
  if (!(await needs.store.claim({ ...flow, now: new Date(needs.now()) }))) {
    const { oauthAppId } = secrets
    await giveBack(needs, { flow, oauthAppId, client, answer: granted })
    return
  }
  await settle(needs, { owner, flow, secrets }, async () => ({ client, answer: granted })).catch(
    (error: unknown) => {
      if (!(error instanceof Problem) || error.type === 'audit-unavailable') throw error
    },
  )
}

async function ask(
  needs: ConnectNeeds,
  flow: StoredFlow,
  secrets: FlowSecrets & { readonly deviceCode: string },
) {
  const seconds = flow.pollSeconds ?? pollSecondsDefault
  try {
    const client = await needs.clients.get(flow.workspaceId, secrets.oauthAppId)
    if (!isStillAsked(secrets, client)) throw changed()
    const granted = await needs.server.askDevice(client, secrets.deviceCode)
    if (granted === 'pending') await putOff(needs, flow, seconds)
    else if (granted === 'slow-down') await putOff(needs, flow, seconds + slowDownSeconds)
    else return { client, granted: granted satisfies TokenAnswer }
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // RFC 8628 §3.5: a provider that does not answer is asked less often.
    if (error.type === 'provider-unavailable') await putOff(needs, flow, seconds * 2)
    else await needs.store.fail(flow.id, flowProblemOf(error), new Date(needs.now()))
    return undefined
  }
}

function putOff(needs: ConnectNeeds, { id }: StoredFlow, seconds: number): Promise<void> {
  const pollSeconds = Math.min(seconds, pollSecondsMax)
  return needs.store.putOff(id, {
    pollSeconds,
    pollAfter: new Date(needs.now() + pollSeconds * 1000),
  })
}

const changed = () =>
  new Problem('provider-refused', 'The OAuth app was changed since this was begun.', {
    next: 'Begin again.',
  })
