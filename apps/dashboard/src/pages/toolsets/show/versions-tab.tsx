import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Output, pages, query, useAction } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { PersonName } from '../../../components/person-name.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ChangeList } from '../../../components/tools/change-list.tsx'
import { sendsNoRequest } from '../../../components/tools/format-words.ts'
import { OwnerLink, useOwner } from '../../../components/tools/managed-by.tsx'
import { useMay } from '../../../session.ts'

type Toolset = Output<'getToolset'>['toolset']
type Version = Output<'listToolsetVersions'>['versions'][number]

const causes: Readonly<Record<Version['cause'], string>> = {
  created: 'Made',
  imported: 'Newer document',
  edited: 'Edited',
  restored: 'Restored',
}

/** What the toolset was: each version with who made it, how it differs from now, and the way back. */
export function VersionsTab({ toolset }: { toolset: Toolset }) {
  const list = useInfiniteQuery(pages('listToolsetVersions', { toolsetId: toolset.id }))
  const [compared, setCompared] = useState<number>()
  if (list.data === undefined) {
    return list.error === null ? (
      <LoadingState />
    ) : (
      <ErrorState error={list.error} onRetry={list.refetch} />
    )
  }
  const versions = list.data.pages.flatMap((page) => page.versions)
  return (
    <div className="grid gap-4">
      <Card title="Versions" description={<About toolset={toolset} />} flush>
        <ul className="divide-y divide-line">
          {versions.map((version) => (
            <VersionRow
              key={version.version}
              version={version}
              isNow={version.version === toolset.version}
              isCompared={version.version === compared}
              onCompare={() =>
                setCompared(version.version === compared ? undefined : version.version)
              }
            />
          ))}
        </ul>
      </Card>
      {compared !== undefined && <Comparison key={compared} toolset={toolset} version={compared} />}
    </div>
  )
}

/** What belongs to a server or a database is changed there: no version is restored behind its back. */
function About({ toolset: { format, connection } }: { toolset: Toolset }) {
  const owner = useOwner(sendsNoRequest(format) ? connection?.id : undefined)
  if (owner === undefined) return 'The last 20 are kept.'
  return (
    <>
      The last 20 are kept.{' '}
      {owner.kind === 'sql'
        ? 'None can be restored here: compare one with now to see what its statements were, and change them on '
        : 'None can be restored here: its tools are what the server offers. Have it offer them again, or disable the tools that nobody is to call, from '}
      <OwnerLink owner={owner} />.
    </>
  )
}

interface VersionRowProps {
  readonly version: Version
  readonly isNow: boolean
  readonly isCompared: boolean
  readonly onCompare: () => void
}

function VersionRow({ version: one, isNow, isCompared, onCompare }: VersionRowProps) {
  const { version, at, ownerId, cause, toolCount, changes } = one
  const counts = [
    [changes.added, 'new'],
    [changes.changed, 'changed'],
    [changes.removed, 'gone'],
  ] as const
  const said = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0">
        <span className="font-medium">Version {version}</span>{' '}
        {isNow && <Badge tone="good">Now</Badge>}
        <div className="text-[0.93rem] text-ink-soft">
          {causes[cause]} <Time at={at} />
          {ownerId !== undefined && (
            <>
              {' by '}
              <PersonName ownerId={ownerId} />
            </>
          )}
          . {toolCount.toLocaleString('en')} {toolCount === 1 ? 'tool' : 'tools'}
          {said.length > 0 && `: ${said.join(', ')}`}.
        </div>
      </div>
      {!isNow && (
        <Button size="sm" aria-expanded={isCompared} onClick={onCompare}>
          Compare with now
        </Button>
      )}
    </li>
  )
}

function Comparison({ toolset, version }: { toolset: Toolset; version: number }) {
  const { data, error, refetch } = useQuery(
    query('compareToolsetVersions', { toolsetId: toolset.id, version }),
  )
  const mayWrite = useMay('tools:write')
  const isKept = sendsNoRequest(toolset.format)
  const [isAsking, setAsking] = useState(false)
  const toast = useToast()
  const restore = useAction('restoreToolsetVersion', {
    invalidates: ['tools', 'policies', 'agents', 'approvals'],
    onDone: () => {
      setAsking(false)
      toast(`Version ${version} restored`)
    },
  })
  return (
    <Card
      title={`Since version ${version}`}
      description="What has become of its tools until now."
      actions={
        mayWrite &&
        !isKept && (
          <Button size="sm" onClick={() => setAsking(true)}>
            Restore version {version}
          </Button>
        )
      }
      flush
    >
      {data === undefined ? (
        <div className="px-5 py-4">
          {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />}
        </div>
      ) : (
        <ChangeList changes={data.changes} none="Nothing differs: it is what it was." />
      )}
      <ConfirmDialog
        title={`Make ${toolset.name} what it was in version ${version}?`}
        confirmLabel="Restore"
        open={isAsking}
        busy={restore.isPending}
        error={restore.error}
        onConfirm={() =>
          restore.mutate({ toolsetId: toolset.id, version, current: toolset.version })
        }
        onClose={() => setAsking(false)}
      >
        <p>
          It becomes a new version, and this one is kept. Tools that came since go with their
          grants; tools that come back have no grants of their own.
        </p>
      </ConfirmDialog>
    </Card>
  )
}
