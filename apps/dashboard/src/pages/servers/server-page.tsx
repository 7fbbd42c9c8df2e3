import type { McpServer } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { ServerBadge } from './server-badge.tsx'
import { ServerSwitch } from './server-switch.tsx'
import { stageWords, transportWords } from './server-words.ts'
import { DeleteServer } from './show/delete-server.tsx'
import { ItsTools } from './show/its-tools.tsx'
import { RefreshServer } from './show/refresh-server.tsx'
import { ServerFacts } from './show/server-facts.tsx'
import { ServerLog } from './show/server-log.tsx'
import { TestServer } from './show/test-server.tsx'

const route = getRouteApi('/frame/servers/$serverId')

const HeldChanges = lazyPart(
  async () => (await import('./show/held-changes.tsx')).HeldChanges,
  <LoadingState />,
)

const SignIn = lazyPart(async () => (await import('./show/sign-in.tsx')).SignIn, <LoadingState />)

/** One MCP server: how it stands, what it has, what of that waits for an owner, and what it says of itself. */
export function ServerPage() {
  const { serverId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getMcpServer', { serverId }))
  const mayWrite = useMay('tools:write')
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { server } = data
  return (
    <>
      <PageHeader
        title={server.name}
        heading={<span className="[overflow-wrap:anywhere]">{server.name}</span>}
        description={<About server={server} />}
        up={<TextLink to="/servers">Servers</TextLink>}
        actions={mayWrite && <Actions server={server} />}
      />
      <div className="grid gap-4">
        <Standing server={server} />
        {server.auth.state !== 'none' && <SignIn server={server} />}
        {server.heldCount > 0 && <HeldChanges server={server} />}
        <ItsTools server={server} />
        {mayWrite && <TestServer server={server} />}
        {server.transport === 'stdio' && <ServerLog serverId={server.id} />}
        <ServerFacts server={server} />
        {mayWrite && <DeleteServer server={server} />}
      </div>
    </>
  )
}

function About({ server }: { server: McpServer }) {
  const { transport, lastConnectedAt, serverInfo, description } = server
  return (
    <div className="grid gap-1.5">
      <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-[0.93rem]">
        <ServerBadge server={server} />
        {transportWords[transport]}
        {serverInfo !== undefined && (
          <span>
            <UntrustedText
              inline
              text={`${serverInfo.name} ${serverInfo.version}`.trim()}
              limit={120}
            />
          </span>
        )}
        <span>
          {lastConnectedAt === undefined ? (
            'Never connected'
          ) : (
            <>
              Last connected <Time at={lastConnectedAt} />
            </>
          )}
        </span>
      </span>
      {description !== undefined && description !== '' && (
        <div className="text-[0.93rem]">
          <UntrustedText text={description} limit={300} />
        </div>
      )}
    </div>
  )
}

function Actions({ server }: { server: McpServer }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: Switch is an input */}
      <label className="flex min-h-8 items-center gap-2 px-1 text-[0.93rem]">
        <span aria-hidden="true">{server.enabled ? 'On' : 'Off'}</span>
        <ServerSwitch server={server} />
      </label>
      {server.enabled && <RefreshServer server={server} />}
      <LinkButton size="sm" to="/servers/$serverId/edit" params={{ serverId: server.id }}>
        Edit
      </LinkButton>
    </>
  )
}

/** What is wrong with it, where something is, and what of it works all the same. */
function Standing({ server }: { server: McpServer }) {
  const { enabled, status, lastFailure, lastError } = server
  if (!enabled) {
    return (
      <Notice title="It is off.">
        <p>Its tools are hidden from every agent until it is turned on. Grants of them stay.</p>
      </Notice>
    )
  }
  if (lastFailure === undefined) {
    if (status === 'connected') return null
    return (
      <Notice tone="warn" title="It is not connected.">
        {lastError === undefined ? (
          <p>The vault connects to it by itself. Calls of its tools fail until then.</p>
        ) : (
          <UntrustedText text={lastError} />
        )}
      </Notice>
    )
  }
  const serves = status === 'connected'
  return (
    <Notice
      tone={serves ? 'warn' : 'bad'}
      title={
        serves
          ? 'The last attempt did not work; it serves on with what stood before.'
          : `It failed while ${stageWords[lastFailure.stage]}.`
      }
    >
      {serves && <p>It failed while {stageWords[lastFailure.stage]}:</p>}
      <UntrustedText text={lastFailure.message} />
      <p className="mt-1">
        <Time at={lastFailure.at} />.{' '}
        {serves
          ? 'Where its settings were changed, mend them, or put back what was there.'
          : 'The vault tries again by itself, at longer and longer intervals; Refresh tries now.'}
      </p>
    </Notice>
  )
}
