import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { type Bindings, createApp } from '../http/app.ts'
import { createBodyBudget } from '../http/body-budget.ts'
import { createInsideClients } from '../http/call-inside.ts'
import { createClientAddress } from '../http/client-address.ts'
import { serveDashboard } from '../http/dashboard.ts'
import { readDashboard } from '../http/dashboard-files.ts'
import type { DoorLimit } from '../http/door-limit/door-limit.ts'
import { mountMcp } from '../http/mcp-route.ts'
import { mountMetrics } from '../http/metrics-route.ts'
import type { MountContext } from '../http/mount.ts'
import { createResponder } from '../http/respond.ts'
import type { Rooms } from '../http/rooms.ts'
import { allRoutes } from '../http/routes/all-routes.ts'
import { createFlowCookie, createSessionCookie } from '../http/session-cookie.ts'
import { createMcpEndpoint } from '../mcp/mcp-endpoint.ts'
import { createRequestObserver } from '../telemetry/telemetry.ts'
import { closeHouse } from './close-house.ts'
import { composeDoorLimit } from './door-limit.ts'
import { type ComposeNeeds, composeFoundation, type Foundation } from './foundation.ts'
import { listJobs } from './jobs.ts'
import { entryOf } from './observe-path.ts'
import { composeReadiness } from './readiness.ts'
import { composeRooms } from './rooms.ts'
import { type RunningJobs, startJobs } from './start-jobs.ts'
import { watchHouse } from './watch-house.ts'

// Builds the house once, in dependency order. No logic: what a room needs of another is handed in here.

/** What a house with doors is built of. */
interface HouseNeeds extends ComposeNeeds {
  /** How a client beside the agent starts `sallyport-mcp`. */
  readonly mcpServer: { readonly command: string; readonly args: readonly string[] }
  /** The folder of the built dashboard. */
  readonly dashboardDir: string
  /** Told once the first owner was made. */
  readonly onSetUp: () => void
}

/** Builds the house: the app, its jobs, and what closes all of it. */
export async function compose(needs: HouseNeeds) {
  const foundation = await composeFoundation(needs)
  return composeHouse(needs, foundation).catch(async (error: unknown) => {
    // It listens to the database, and would keep the process for ever.
    await foundation.feed.close()
    throw error
  })
}

async function composeHouse(needs: HouseNeeds, foundation: Foundation) {
  const rooms = composeRooms(needs, foundation)
  const doorLimit = await composeDoorLimit(needs, foundation)
  const { identity, approvals, tokens, notify } = rooms
  const { audit } = foundation
  const state = { isDraining: false, jobs: undefined as RunningJobs | undefined }
  const readiness = composeReadiness(foundation, {
    isDraining: () => state.isDraining,
    queue: () => state.jobs?.queue(),
    requestLimit: () => doorLimit?.state(),
  })
  const { app, refuse, mcp } = composeApp(needs, foundation, { ...rooms, readiness, doorLimit })
  watchHouse(foundation, rooms)
  if (needs.store.isExclusive) {
    await audit.closeAbandoned().catch((error: unknown) => {
      foundation.onFailure('what the last run left open could not be closed', error)
    })
    await tokens.expireLeases().catch((error: unknown) => {
      foundation.onFailure('renewals that the last run left could not be taken over', error)
    })
    await notify.expireLeases().catch((error: unknown) => {
      foundation.onFailure('messages that the last run left could not be taken over', error)
    })
    await rooms.auditStreams.expireLeases().catch((error: unknown) => {
      foundation.onFailure('streams that the last run left could not be taken over', error)
    })
  }
  // Before the jobs begin: their first run keeps the database busy, and whoever starts the vault waits for this.
  const { setupToken } = await identity.setup.prepareSetup()
  // Not waited for: the vault serves before the last of them is connected.
  rooms.upstreams
    .start()
    .catch((error: unknown) => foundation.onFailure('MCP servers were not connected', error))
  rooms.upstreams
    .sweepPlaces()
    .catch((error: unknown) =>
      foundation.onFailure('what deleted MCP servers left was not taken away', error),
    )
  const jobs = startJobs(needs, foundation, listJobs(foundation, rooms))
  state.jobs = jobs
  return {
    app,
    /** Throws the Problem that says why requests cannot be served. */
    readiness,
    /** Says from now on that it is not ready, and goes on serving. */
    beginDrain() {
      state.isDraining = true
    },
    /** Answers what comes while the vault stops. */
    refuse,
    /** Ends the answers that would go on for ever, or wait for an owner, before those under way are waited for. */
    endStreams() {
      rooms.events.close()
      mcp.close()
      approvals.endWaits()
      rooms.tools.endWaits()
    },
    /** Of a vault that has no owner. */
    setupToken,
    /** Resolves when what was begun is recorded. Nothing may come in any more. */
    close() {
      doorLimit?.stop()
      return closeHouse(needs, foundation, { rooms, jobs })
    },
  }
}

function composeApp(
  needs: HouseNeeds,
  foundation: Foundation,
  rooms: ReturnType<typeof composeRooms> &
    Pick<Rooms, 'readiness'> & { readonly doorLimit: DoorLimit | undefined },
) {
  const { config, log, publicUrl } = needs
  const { audit, newId, telemetry, monotonicMs } = foundation
  // As a browser reads it: a scheme may be written in capitals.
  const secure = config.publicUrl !== undefined && new URL(config.publicUrl).protocol === 'https:'
  const respond = createResponder(secure)
  const clientAddress = createClientAddress(config.trustedProxies)
  const requestId = () => newId('audit').replace(/^aud_/, 'req_')
  const context: MountContext = {
    auth: {
      authenticateAgent: rooms.identity.authenticateAgent,
      admitAgent: rooms.doorLimit?.admit,
      authenticateOwner: rooms.identity.authenticateOwner,
      cookies: createSessionCookie(secure),
      flowCookies: createFlowCookie(secure),
      ownOrigins: () => [needs.pagesUrl(), publicUrl()].map((url) => new URL(url).origin),
    },
    respond,
    bodies: createBodyBudget(),
    log,
    requestId,
    observe: createRequestObserver({ ...telemetry, log, monotonicMs }),
    async recordRefusal({ agent, operation, problem }) {
      telemetry.metrics?.observers.onDecision({ entry: entryOf(agent, operation), outcome: 'deny' })
      const auditId = newId('audit')
      await audit.refuse({
        auditId,
        workspaceId: agent.workspaceId,
        agentId: agent.agentId,
        operation: operation.id,
        decision: 'deny',
        problem: problem.type,
        reason: problem.detail,
      })
      problem.auditId = auditId
    },
    clientAddress: (c) => {
      const { incoming } = c.env as Partial<Bindings>
      return clientAddress(incoming?.socket.remoteAddress ?? '', c.req.header('x-forwarded-for'))
    },
  }
  const mounted = allRoutes({
    ...rooms,
    ...{ audit, admitAgent: rooms.doorLimit?.admit },
    onSetUp: needs.onSetUp,
    publicUrl,
    mcpServer: needs.mcpServer,
    version: needs.version,
  })
  const app = createApp(mounted, context)
  const mcp = createMcpEndpoint({
    authenticate: (bearer) => rooms.identity.authenticateAgent(bearer, { consumer: true }),
    toolsOf: rooms.tools.ofAgent,
    isNotEnded: rooms.isNotEnded,
    clock: {
      now: foundation.monotonicMs,
      pause: (ms, signal) => sleep(ms, undefined, { signal }),
    },
    log: (line) => log.warn({}, line),
  })
  mountMcp(app, {
    endpoint: mcp,
    context,
    clientOf: createInsideClients(mounted, context),
    publicUrl,
  })
  mountMetrics(app, {
    ...{ token: config.telemetry.metricsToken, metrics: telemetry.metrics?.collect },
    ...{ respond, requestId },
  })
  const dashboard = readDashboard(needs.dashboardDir)
  serveDashboard(app, { dashboard, respond, requestId, randomBytes: needs.randomBytes })
  return { app, mcp, refuse: () => respond.problem(stopping(), requestId()) }
}

const stopping = () =>
  new Problem('overloaded', 'The vault is stopping, so nothing was done.', {
    next: 'Send it again in a few seconds.',
    retryAfterSeconds: 2,
  })
