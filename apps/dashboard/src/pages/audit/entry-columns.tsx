import type { AuditEntry } from '@sallyport/contracts'
import { StatusBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { AgentName } from '../../components/names.tsx'
import { PersonName } from '../../components/person-name.tsx'
import { Time } from '../../components/time.tsx'
import { isCallHost } from '../../components/tools/call-target.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { describeEntry, standingOf } from './describe-entry.ts'

const targetCharsMax = 160

/** What the log shows of each entry at a glance. */
export const columnsWith = (show: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  {
    id: 'operation',
    header: 'What',
    width: '1.7fr',
    primary: true,
    cell: (entry) => (
      <Button size="sm" variant="quiet" className="-ml-2.5 max-w-full" onClick={() => show(entry)}>
        <span className="truncate">{describeEntry(entry)}</span>
      </Button>
    ),
  },
  {
    id: 'target',
    header: 'Where',
    width: '2.4fr',
    cell: ({ tool, method, host, path }) => (
      <>
        {tool !== undefined && (
          <div className="truncate">
            <UntrustedText inline mono limit={targetCharsMax} text={tool} />
          </div>
        )}
        {method !== undefined && !isCallHost(host ?? '') && (
          <div
            className={tool === undefined ? 'truncate' : 'truncate text-[0.87rem] text-ink-soft'}
          >
            <UntrustedText
              inline
              mono
              limit={targetCharsMax}
              text={`${method} ${host ?? ''}${path ?? ''}`}
            />
          </div>
        )}
      </>
    ),
  },
  {
    id: 'who',
    header: 'Who',
    width: '1.3fr',
    cell: ({ agentId, ownerId }) =>
      agentId === undefined ? (
        ownerId !== undefined && <PersonName ownerId={ownerId} />
      ) : (
        <AgentName agentId={agentId} />
      ),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '8.5rem',
    cell: (entry) => (
      <span className="flex items-center gap-2">
        <StatusBadge status={standingOf(entry)} />
        {entry.status}
      </span>
    ),
  },
  { id: 'at', header: 'When', width: '6.5rem', cell: ({ at }) => <Time at={at} /> },
]
