import { useQuery } from '@tanstack/react-query'
import { Radio, Send } from 'lucide-react'
import { useState } from 'react'
import { query, useAction } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { EmptyState, ErrorState } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { useToast } from '../../../components/toast.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { SaidOfTest } from '../said-of-test.tsx'
import { kindWords, type Stream, standingOf } from './stream-words.ts'

const saidCharsShown = 300
/** What is delivered is no event: how far each has got is asked for. */
const lookedAtEveryMs = 4_000
const formatNames = { jsonl: 'as JSON Lines', ocsf: 'as OCSF events' } as const

/** Where the log is sent, each with how far it has got. */
export function StreamList({ mayChange }: { mayChange: boolean }) {
  const { data, error, refetch } = useQuery({
    ...query('listAuditStreams', {}),
    refetchInterval: lookedAtEveryMs,
  })
  if (data === undefined) {
    return error === null ? (
      <LoadingState lines={3} />
    ) : (
      <ErrorState error={error} onRetry={refetch} />
    )
  }
  if (data.streams.length === 0) {
    return (
      <EmptyState title="The log is sent nowhere" icon={<Radio aria-hidden="true" />}>
        It stands in this vault alone. A copy elsewhere is out of the reach of whoever gets at its
        database.
      </EmptyState>
    )
  }
  return (
    <Card title="Sent to" flush>
      <ul className="divide-y divide-line">
        {data.streams.map((stream) => (
          <StreamRow key={stream.id} stream={stream} mayChange={mayChange} />
        ))}
      </ul>
    </Card>
  )
}

function StreamRow({ stream, mayChange }: { stream: Stream; mayChange: boolean }) {
  const { label, kind, target, lastError, nextAttemptAt } = stream
  const [tone, standing] = standingOf(stream)
  return (
    <li className="grid gap-2.5 px-5 py-3.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h3 className="min-w-0 font-medium [overflow-wrap:anywhere]">{label}</h3>
        <Badge tone={tone}>{standing}</Badge>
      </div>
      <p className="text-[0.93rem] text-ink-soft [overflow-wrap:anywhere]">
        {kindWords[kind].name} {target}: {stream.sends.join(' and ')}, {formatNames[stream.format]}
      </p>
      <Progress stream={stream} />
      {lastError !== undefined && (
        <p className="text-[0.93rem]">
          <UntrustedText inline text={lastError} limit={saidCharsShown} />
          {nextAttemptAt !== undefined && (
            <span className="text-ink-soft">
              {' '}
              Next attempt: <Time at={nextAttemptAt} exact />.
            </span>
          )}
        </p>
      )}
      {mayChange && <StreamActions stream={stream} />}
    </li>
  )
}

/** How far it has got. Before the first delivery the number is of the record that it begins after, and none that it has sent. */
function Progress({ stream: { lastSeq, behind, lastDeliveredAt, enabled } }: { stream: Stream }) {
  const number = (count: number) => count.toLocaleString('en')
  return (
    <p className="text-[0.93rem] text-ink-soft">
      {lastDeliveredAt === undefined
        ? 'Nothing delivered yet'
        : `Delivered up to record ${number(lastSeq)}`}
      {behind > 0 && `, ${number(behind)} ${enabled ? 'to go' : 'not sent'}`}
      {lastDeliveredAt !== undefined && (
        <>
          , last <Time at={lastDeliveredAt} />
        </>
      )}
      .
    </p>
  )
}

function StreamActions({ stream }: { stream: Stream }) {
  const { id: streamId, label, enabled, version } = stream
  const toast = useToast()
  const test = useAction('testAuditStream')
  const update = useAction('updateAuditStream', {
    onDone: (changed) => toast(changed.stream.enabled ? 'Turned on' : 'Turned off'),
  })
  const change = () =>
    update.mutate(
      { streamId, version, enabled: !enabled },
      { onError: () => toast('It was not changed. Try again.', 'bad') },
    )
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        size="sm"
        busy={test.isPending}
        aria-label={`Send a test to ${label}`}
        onClick={() => test.mutate({ streamId })}
      >
        <Send aria-hidden="true" /> Send a test
      </Button>
      <Button
        size="sm"
        busy={update.isPending}
        aria-label={`${enabled ? 'Turn off' : 'Turn on'} ${label}`}
        onClick={change}
      >
        {enabled ? 'Turn off' : 'Turn on'}
      </Button>
      <DeleteStream stream={stream} />
      <SaidOfTest test={test} />
    </div>
  )
}

function DeleteStream({ stream: { id, label } }: { stream: Stream }) {
  const [isOpen, setOpen] = useState(false)
  const toast = useToast()
  const remove = useAction('deleteAuditStream', {
    onDone: () => {
      setOpen(false)
      toast('The log is sent there no more')
    },
  })
  return (
    <>
      <Button size="sm" aria-label={`Delete ${label}`} onClick={() => setOpen(true)}>
        Delete
      </Button>
      <ConfirmDialog
        title={`Delete ${label}?`}
        confirmLabel="Delete"
        danger
        open={isOpen}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ streamId: id })}
        onClose={() => setOpen(false)}
      >
        <p>
          What has not been sent yet is not sent there any more. What is there already stays there,
          and the log itself stays here.
        </p>
      </ConfirmDialog>
    </>
  )
}
