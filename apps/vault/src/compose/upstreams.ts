import { join } from 'node:path'
import type { Catalog } from '@sallyport/catalog'
import { createReadKey } from '../connections/read-key.ts'
import type { TokenKeeper } from '../connections/tokens/token-keeper.ts'
import { createStreamDoors } from '../egress/stream-fetch.ts'
import { createScrubber } from '../execute/scrub.ts'
import type { ConnectionStore } from '../store/connections.ts'
import { createServerStore } from '../store/mcp-servers.ts'
import { createCallStore } from '../store/replica-calls.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import { createClaimStore } from '../store/upstream-claims.ts'
import { createVariableStore } from '../store/variables.ts'
import { createUpstreamClients } from '../upstreams/clients/upstream-clients.ts'
import { createInstallation } from '../upstreams/install/install.ts'
import { createPinReview } from '../upstreams/pins/review-pins.ts'
import { createToolSync, type PinNeeds } from '../upstreams/pins/sync-tools.ts'
import {
  createPrograms,
  findInstallDir,
  pathOfName,
  readCommandList,
} from '../upstreams/programs/programs.ts'
import { createPlaceSweep } from '../upstreams/programs/sweep-places.ts'
import { createServerAuthorization } from '../upstreams/registry/authorize.ts'
import { createRegistry, type Registry } from '../upstreams/registry/registry.ts'
import { createServers } from '../upstreams/servers/servers.ts'
import { createSharing, type Sharing } from '../upstreams/sharing/sharing.ts'
import { createVariables } from '../upstreams/variables/variables.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeOAuth } from './oauth.ts'
import { composeSignInEnding } from './sign-in.ts'

/** Builds the rooms of upstream MCP servers: programs, clients, the connections of this replica, and what owners say of them. */
export function composeUpstreams(
  needs: ComposeNeeds,
  foundation: Foundation,
  given: {
    readonly connectionStore: ConnectionStore
    readonly tokens: Pick<TokenKeeper, 'open' | 'renewRefused'>
    readonly catalog: Catalog
    readonly oauth: ReturnType<typeof composeOAuth>
  },
) {
  const { now } = needs
  const { database, feed, keyring, audit, egress, newId, running, onFailure } = foundation
  const store = createServerStore(database)
  const toolsets = createToolsetStore(database)
  const variables = createVariables({
    ...{ keyring, audit, newId, now, servers: store },
    store: createVariableStore(database),
    readKey: createReadKey({
      ...{ store: given.connectionStore, keyring, openToken: given.tokens.open },
    }),
    onChanged: ({ id, workspaceId }) => feed.publishLocal({ table: 'variables', id, workspaceId }),
  })
  const ending = composeSignInEnding(needs, foundation, given)
  const { clients, programs, commandRules } = composeRunning(needs, foundation)
  const pinNeeds: PinNeeds & { readonly toolsets: typeof toolsets } = {
    ...{ servers: store, toolsets, newId, now },
    onChanged: tellToolsets(feed),
  }
  const opening = {
    ...{ clients, keyring, resolveVariables: variables.resolve, createScrubber },
    authorize: createServerAuthorization({
      ...{ keyring, tokens: given.tokens, clients: given.oauth.clients },
      findConnection: given.connectionStore.find,
    }),
    resolveCommand: commandRules.resolve,
  }
  const forgetPlace = (serverId: string) =>
    programs
      .forget(serverId)
      .catch((error) => onFailure(`the directory of the MCP server ${serverId} stays`, error))
  // Where the database is this vault's alone, nobody else can run anything.
  const sharing = needs.store.isExclusive
    ? undefined
    : composeSharing(needs, foundation, () => registry)
  const registry: Registry = createRegistry({
    ...{ claims: sharing?.claims, elsewhere: sharing?.elsewhere },
    mayRun: (command) => commandRules.check(command).isAllowed,
    ...opening,
    ...{ store, onFailure, now, syncTools: createToolSync(pinNeeds), random: Math.random },
    async tellList(row, list) {
      await store.touchReading(row, list, new Date(now()))
      pinNeeds.onChanged({
        workspaceId: row.workspaceId,
        toolsetIds: [row.toolsetId],
        policies: [],
      })
    },
    onGone: forgetPlace,
  })
  const servers = createServers({
    ...{ store, keyring, registry, variables, opening, audit, newId, now },
    review: createPinReview(pinNeeds),
    ...{ checkCommand: commandRules.check, forgetPlace },
    mayUseOrigin: egress.isAllowedOrigin,
    isToolsetTaken: toolsets.isTaken,
    endCalls: running.end,
    endSignIns: ending.ofServer,
    onChanged({ server, toolsetIds = [], policies = [] }) {
      const { workspaceId, id, toolsetId, connectionId } = server
      feed.publishLocal({ table: 'mcp_servers', id, workspaceId })
      feed.publishLocal({ table: 'connections', id: connectionId, workspaceId })
      pinNeeds.onChanged({ workspaceId, toolsetIds: [toolsetId, ...toolsetIds], policies })
    },
  })
  feed.subscribe(registry.follow)
  if (sharing !== undefined) feed.subscribe(sharing.follow)
  return {
    ...{ servers, variables, registry, ending },
    sweepPlaces: createPlaceSweep({
      ...{ places: programs.places, listDeleted: store.listDeleted, forget: forgetPlace, now },
    }),
    installation: createInstallation({
      ...{ audit, newId, now, run: programs.runOnce, checkCommand: commandRules.check },
      installers: needs.config.upstreamInstallers,
      programs,
      dir: installedDir(needs),
    }),
    ...composeLife({ sharing, registry, clients, programs }),
  }
}

/** How it begins, and how it ends. */
const composeLife = ({
  sharing,
  registry,
  clients,
  programs,
}: {
  readonly sharing: Sharing | undefined
  readonly registry: Registry
} & Pick<ReturnType<typeof composeRunning>, 'clients' | 'programs'>) => ({
  /** Connects to all that is switched on. Resolves when each has been tried. */
  async start(): Promise<void> {
    await sharing?.start()
    await registry.start()
  },
  /** Ends all connections and programs, within two seconds, and leaves the programs to other replicas. */
  async close(): Promise<void> {
    sharing?.endCalls()
    await registry.close()
    await clients.close()
    await programs.close()
    await sharing?.close()
  },
})

const replicaIdBytes = 12
const callIdBytes = 16

/** Replicas on one database: each program runs on one of them. */
function composeSharing(
  { randomBytes }: ComposeNeeds,
  { database, keyring, monotonicMs, onFailure }: Foundation,
  registry: () => Registry,
) {
  const random = (bytes: number) => Buffer.from(randomBytes(bytes)).toString('base64url')
  return createSharing({
    ...{ claims: createClaimStore(database), calls: createCallStore(database) },
    ...{ keyring, monotonicMs, onFailure, registry },
    replicaId: random(replicaIdBytes),
    newCallId: () => random(callIdBytes),
  })
}

/** Nothing is made where nothing may be installed. */
const installedDir = ({ config }: ComposeNeeds) =>
  config.upstreamInstallers.length === 0
    ? join(config.dataDir, 'installed')
    : findInstallDir(config.dataDir)

/** Programs, and what speaks to them and to servers elsewhere. */
function composeRunning(needs: ComposeNeeds, { egress, monotonicMs }: Foundation) {
  const { config, version } = needs
  // What the operator lets owners install may be run, too.
  const installed =
    config.upstreamInstallers.length === 0 ? [] : [`${join(installedDir(needs), 'bin')}/`]
  const listed = readCommandList(config.upstreamCommands) ?? []
  const list = [...listed, ...installed]
  const programs = createPrograms({
    dataDir: config.dataDir,
    commands: list.length === 0 ? undefined : list.join(':'),
    userName: config.upstreamUser,
  })
  const clients = createUpstreamClients({
    startProgram: programs.start,
    openDoor: createStreamDoors({ egress }),
    now: monotonicMs,
    version,
  })
  const whole = (command: string) => pathOfName(list, command)
  const commandRules = {
    check: (command: string) => programs.check(whole(command)),
    resolve: whole,
  }
  return { clients, programs, commandRules }
}

const tellToolsets =
  (feed: Foundation['feed']): PinNeeds['onChanged'] =>
  ({ workspaceId, toolsetIds, policies }) => {
    for (const id of toolsetIds) feed.publishLocal({ table: 'toolsets', id, workspaceId })
    for (const policy of policies) feed.publishLocal({ table: 'policies', ...policy })
  }
