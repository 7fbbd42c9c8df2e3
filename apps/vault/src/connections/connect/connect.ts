// Connects people's accounts: sends them to the provider, takes its answer once, and keeps what it grants.

import {
  type cancelConnectFlow,
  type continueConnectFlow,
  type finishConnection,
  type getConnectFlow,
  type InputOf,
  type OutputOf,
  Problem,
  type reconnect,
  type startConnection,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { sessionOf } from '../../identity/require-session.ts'
import { askAboutDevice } from './ask-device.ts'
import { type Begun, createReconnect, createStart } from './begin-flow.ts'
import { createSignInStart, type SignInPlan } from './begin-sign-in.ts'
import { bindToSession } from './bind-flow.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import { createFinish } from './finish-flow.ts'
import { isStillAsked, openFlow } from './flow-secrets.ts'
import { isWaiting, viewFlow } from './view-flow.ts'

type Owner = AuthenticatedOwner
type Started = OutputOf<typeof startConnection>

/** The room's operations. An attempt is its maker's alone: for anybody else it is `connect-flow-not-found`. */
export interface Connect {
  /** Problems: as `startConnection` names them. */
  start(owner: Owner, input: InputOf<typeof startConnection>): Promise<Started>
  /** Problems: as `reconnect` names them. */
  reconnect(owner: Owner, input: InputOf<typeof reconnect>): Promise<Started>
  /** The same for an MCP server, which its own room found out about. Problems: as `signInToMcpServer` names them. */
  signIn(owner: Owner, plan: SignInPlan): Promise<Started>
  /** How far it has come. A provider that gave a device code is asked, no more often than it wants. */
  get(owner: Owner, input: InputOf<typeof getConnectFlow>): Promise<OutputOf<typeof getConnectFlow>>
  /** Binds it to the session that asks, and to no other any more. Problems: `connect-flow-not-found`, `session-required`. */
  continueFlow(
    owner: Owner,
    input: InputOf<typeof continueConnectFlow>,
  ): Promise<OutputOf<typeof continueConnectFlow>>
  cancel(
    owner: Owner,
    input: InputOf<typeof cancelConnectFlow>,
  ): Promise<OutputOf<typeof cancelConnectFlow>>
  /** Takes a provider's answer, once, in the session that asked (S-31). Problems: as `finishConnection` names them. */
  finish(
    owner: Owner,
    input: InputOf<typeof finishConnection>,
  ): Promise<OutputOf<typeof finishConnection>>
}

/** Builds the room. */
export function createConnect(needs: ConnectNeeds): Connect {
  const begin = createStart(needs)
  const beginAgain = createReconnect(needs)
  const beginSignIn = createSignInStart(needs)
  const finish = createFinish(needs)
  const view = createView(needs)
  const recorded = createRecorded(needs)

  async function started(owner: Owner, operation: string, begun: Begun): Promise<Started> {
    const { flow, ...rest } = begun
    await record(needs, owner, { operation, flow })
    return { ...rest, flow: await view(flow) }
  }

  return {
    start: recorded('startConnection', async (owner, input) =>
      started(owner, 'startConnection', await begin(owner, input)),
    ),
    reconnect: recorded('reconnect', async (owner, input) =>
      started(owner, 'reconnect', await beginAgain(owner, input)),
    ),

    signIn: recorded('signInToMcpServer', async (owner, plan) =>
      started(owner, 'signInToMcpServer', await beginSignIn(owner, plan)),
    ),

    get: recorded('getConnectFlow', async (owner, { flowId }) => {
      const flow = await getOwn(needs, owner, flowId)
      await askAboutDevice(needs, owner, flow)
      return { flow: await view((await needs.store.find(owner, flowId)) ?? flow) }
    }),

    continueFlow: recorded('continueConnectFlow', createContinue(needs, view)),

    async cancel(owner, { flowId }) {
      const flow = await getOwn(needs, owner, flowId)
      if (!(await needs.store.delete(owner, flowId))) throw notFound()
      await record(needs, owner, { operation: 'cancelConnectFlow', flow })
      return { deleted: true }
    },

    finish: recorded('finishConnection', async (owner, input) => {
      const { flowId, connection } = await finish(owner, input)
      return { connection, flow: await view(await getOwn(needs, owner, flowId)) }
    }),
  }
}

type View = (flow: StoredFlow) => Promise<Started['flow']>

const createView =
  (needs: ConnectNeeds): View =>
  async (flow) => {
    const nowMs = needs.now()
    const secrets = isWaiting(flow, nowMs) ? await openFlow(needs.keyring, flow) : undefined
    return viewFlow(flow, { nowMs, pagesUrl: needs.pagesUrl(), secrets })
  }

/** What does not open is an event of its own, whatever it was opened for (S-33). */
function createRecorded(needs: ConnectNeeds) {
  return <Input, Output>(
    operation: string,
    work: (owner: Owner, input: Input) => Promise<Output>,
  ) =>
    async (owner: Owner, input: Input): Promise<Output> => {
      try {
        return await work(owner, input)
      } catch (error) {
        const isOpen = error instanceof Problem && error.auditId === undefined
        if (!isOpen || error.type !== 'credential-unreadable') throw error
        const auditId = needs.newId('audit')
        const { workspaceId, ownerId } = owner
        const { type: problem, detail: reason } = error
        await needs.audit.record({
          ...{ auditId, workspaceId, ownerId, operation, outcome: 'failed', problem, reason },
        })
        error.auditId = auditId
        throw error
      }
    }
}

function createContinue(needs: ConnectNeeds, view: View): Connect['continueFlow'] {
  return async (owner, { flowId }) => {
    const flow = await getOwn(needs, owner, flowId)
    const sessionHash = sessionOf(owner)
    const secrets =
      flow.method === 'code' && isWaiting(flow, needs.now())
        ? await openFlow(needs.keyring, flow)
        : undefined
    if (secrets === undefined || secrets.ownerId !== owner.ownerId) throw notFound()
    const client = await needs.clients.get(flow.workspaceId, secrets.oauthAppId)
    if (!isStillAsked(secrets, client)) {
      throw new Problem('provider-refused', 'The OAuth app was changed since this was begun.', {
        next: 'Begin again.',
      })
    }
    const next = { ...flow, version: flow.version + 1 }
    const { bound, authorizationUrl } = await bindToSession(needs, {
      row: next,
      ...{ secrets, client, sessionHash },
    })
    const stored = await needs.store.bind({ ...flow, now: new Date(needs.now()) }, bound)
    if (stored === undefined) throw notFound()
    await record(needs, owner, { operation: 'continueConnectFlow', flow: stored })
    return { authorizationUrl, flow: await view(stored) }
  }
}

async function getOwn(needs: ConnectNeeds, owner: Owner, flowId: string): Promise<StoredFlow> {
  const flow = await needs.store.find(owner, flowId)
  if (flow === undefined) throw notFound()
  return flow
}

function record(
  needs: ConnectNeeds,
  { workspaceId, ownerId }: Owner,
  { operation, flow }: { readonly operation: string; readonly flow: StoredFlow },
) {
  const { id: flowId, service, provider, method, scopes, connectionId, oauthAppId } = flow
  return needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation, outcome: 'done' },
    ...(connectionId !== null && { connectionId }),
    detail: { flowId, service, provider, method, scopes, oauthAppId },
  })
}

/** One and the same for what does not exist and for what is another's (S-09). */
const notFound = () =>
  new Problem('connect-flow-not-found', 'There is no such attempt to connect.', {
    next: 'It may be over: begin again.',
  })
