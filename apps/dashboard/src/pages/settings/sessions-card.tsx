import { useInfiniteQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { type Output, pages, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { nameOfBrowser } from './name-of-browser.ts'

type Session = Output<'listSessions'>['sessions'][number]

const methods: Readonly<Record<Session['method'], string>> = {
  password: 'with a password',
  passkey: 'with a passkey',
  setup: 'by setting up the vault',
  invitation: 'by an invitation',
  oidc: 'by single sign-on',
}

/** Where one is signed in, and ending it. */
export function SessionsCard() {
  const toast = useToast()
  const list = useInfiniteQuery(pages('listSessions', {}))
  const end = useAction('endSession', { onDone: () => toast('Session ended') })
  const endOthers = useAction('endOtherSessions', {
    onDone: ({ ended }) => toast(ended === 1 ? 'One session ended' : `${ended} sessions ended`),
  })
  const sessions = list.data?.pages.flatMap((page) => page.sessions)
  const error = end.error ?? endOthers.error
  return (
    <Card
      title="Sessions"
      description="Where you are signed in. A session ends after 30 minutes without use, and after 12 hours."
      actions={
        (sessions?.length ?? 0) > 1 && (
          <Button size="sm" busy={endOthers.isPending} onClick={() => endOthers.mutate({})}>
            End all others
          </Button>
        )
      }
    >
      {error !== null && <ProblemNotice error={error} />}
      {sessions === undefined &&
        (list.isError ? (
          <ErrorState error={list.error} onRetry={list.refetch} />
        ) : (
          <LoadingState />
        ))}
      <ul className="divide-y divide-line">
        {sessions?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            busy={end.isPending && end.variables.sessionId === session.id}
            onEnd={() => end.mutate({ sessionId: session.id })}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Load more
        </Button>
      )}
    </Card>
  )
}

interface SessionRowProps {
  readonly session: Session
  readonly busy: boolean
  readonly onEnd: () => void
}

function SessionRow({ session, busy, onEnd }: SessionRowProps) {
  const id = useId()
  const { current, createdAt, lastSeenAt, method, userAgent = '', address } = session
  return (
    <li className="flex items-center justify-between gap-3 py-2.5">
      <div id={id} className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium" title={userAgent}>
          <UntrustedText inline text={nameOfBrowser(userAgent)} />
          {current && <Badge tone="good">This one</Badge>}
        </p>
        <p className="text-[0.87rem] text-ink-soft">
          Signed in <Time at={createdAt} /> {methods[method]}
          {address !== undefined && <> from {address}</>}, last used <Time at={lastSeenAt} />
        </p>
      </div>
      {!current && (
        <Button size="sm" busy={busy} onClick={onEnd} aria-describedby={id}>
          End
        </Button>
      )}
    </li>
  )
}
