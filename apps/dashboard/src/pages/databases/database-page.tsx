import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type Output, query, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { dialectWords, placeOf, standingOf } from './database-words.ts'
import { DatabaseFacts } from './show/database-facts.tsx'
import { DeleteDatabase } from './show/delete-database.tsx'
import { Options } from './show/options.tsx'
import { Statements } from './show/statements.tsx'
import { TestDatabase } from './show/test-database.tsx'

type Database = Output<'getSource'>['source']

const route = getRouteApi('/frame/databases/$sourceId')

/** One database: its statements, what else agents may do with it, and whether its role may do too much. */
export function DatabasePage() {
  const { sourceId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getSource', { sourceId }))
  const mayWriteTools = useMay('tools:write')
  const mayConnect = useMay('connections:write')
  const mayWrite = mayWriteTools && mayConnect
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { source } = data
  return (
    <>
      <PageHeader
        title={source.name}
        heading={<span className="[overflow-wrap:anywhere]">{source.name}</span>}
        description={<About source={source} />}
        up={<TextLink to="/databases">Databases</TextLink>}
        actions={
          <>
            <LinkButton
              size="sm"
              to="/toolsets/$toolsetId"
              params={{ toolsetId: source.toolsetId }}
              search={{ tab: 'access' }}
            >
              Who has its tools
            </LinkButton>
            {mayWrite && (
              <LinkButton size="sm" to="/databases/$sourceId/edit" params={{ sourceId }}>
                Edit
              </LinkButton>
            )}
          </>
        }
      />
      <div className="grid gap-4">
        {source.connectionStatus === 'revoked' && <Revoked source={source} mayWrite={mayWrite} />}
        <Statements source={source} mayWrite={mayWriteTools} />
        <Options source={source} mayWrite={mayWrite} />
        <TestDatabase source={source} mayTest={mayConnect} />
        <DatabaseFacts source={source} />
        {mayWrite && <DeleteDatabase source={source} />}
      </div>
    </>
  )
}

/** A new password brings it back; a file has none, and comes back by a word of its owner. */
function Revoked({ source, mayWrite }: { source: Database; mayWrite: boolean }) {
  const toast = useToast()
  const update = useAction('updateSource', {
    invalidates: ['toolsets', 'tools', 'connections', 'policies', 'approvals'],
    onDone: () => toast('Connected again'),
  })
  const isFile = source.dialect === 'sqlite'
  return (
    <Notice tone="bad" title="Its connection is revoked.">
      <p>
        {isFile
          ? 'Every call is refused. '
          : 'Its password was destroyed, and every call is refused. '}
        {mayWrite && (isFile ? 'Connect it again' : 'Give it a new password')}
        {mayWrite && ' to bring it back: its statements stay, and so does who has them.'}
      </p>
      {update.error !== null && <ProblemNotice error={update.error} />}
      {mayWrite && (
        <p>
          {isFile ? (
            <Button
              size="sm"
              busy={update.isPending}
              onClick={() => update.mutate({ sourceId: source.id, password: null })}
            >
              Connect it again
            </Button>
          ) : (
            <LinkButton size="sm" to="/databases/$sourceId/edit" params={{ sourceId: source.id }}>
              Give it a new password
            </LinkButton>
          )}
        </p>
      )}
    </Notice>
  )
}

function About({ source }: { source: Database }) {
  const { title, name, description, dialect } = source
  const [tone, label] = standingOf(source)
  return (
    <div className="grid gap-1.5">
      {title !== undefined && title !== name && <span className="text-ink">{title}</span>}
      <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-[0.93rem]">
        <Badge>{dialectWords[dialect]}</Badge>
        <span className="font-mono text-[0.93em] [overflow-wrap:anywhere]">{placeOf(source)}</span>
        <Badge tone={tone}>{label}</Badge>
      </span>
      {description !== undefined && description !== '' && (
        <div className="text-[0.93rem]">
          <UntrustedText text={description} limit={300} />
        </div>
      )}
    </div>
  )
}
