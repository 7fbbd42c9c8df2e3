import { useQuery, useQueryClient } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { client, query } from '../api.ts'
import { sessionQuery, useSession } from '../session.ts'
import { openTab, signedInAgainPath } from '../single-sign-on.ts'
import { Button } from './button.tsx'
import { ProblemNotice } from './notice.tsx'

const lookEveryMs = 1_500

/** Proving again at the organisation's provider who one is: in a tab of its own, so that what was begun here stays. */
export function SignInAgainElsewhere({ onDone }: { onDone: () => void }) {
  const { data } = useQuery(query('getSignInMethods', {}))
  const [error, setError] = useState<unknown>()
  const [waits, setWaits] = useState(false)
  useFreshSession(waits, onDone)
  const label = data?.singleSignOn?.label
  if (label === undefined) return null
  const start = async () => {
    setError(undefined)
    try {
      const tab = openTab()
      try {
        const begun = await client.call('startSingleSignOnAgain', { returnTo: signedInAgainPath })
        tab.go(begun.authorizationUrl)
        setWaits(true)
      } catch (thrown) {
        tab.close()
        throw thrown
      }
    } catch (thrown) {
      setError(thrown)
    }
  }
  return (
    <div className="grid gap-3 border-b border-line pb-4">
      {error !== undefined && <ProblemNotice error={error} />}
      <div>
        <Button className="h-auto! whitespace-normal!" onClick={() => void start()}>
          Sign in again with {label}
        </Button>
      </div>
      {waits && (
        <p role="status" className="flex items-center gap-2 text-[0.93rem] text-ink-soft">
          <LoaderCircle aria-hidden="true" className="size-4 shrink-0 animate-spin" />
          Waiting for you in the other tab.
        </p>
      )}
    </div>
  )
}

/** Tells once the session has been proved anew. */
function useFreshSession(waits: boolean, onFresh: () => void): void {
  const queryClient = useQueryClient()
  const [before] = useState(useSession()?.authenticatedAt)
  useEffect(() => {
    if (!waits) return
    const timer = setInterval(() => {
      void client.call('getSession', {}).then(
        (session) => {
          if (session.authenticatedAt === before) return
          queryClient.setQueryData(sessionQuery().queryKey, session)
          onFresh()
        },
        () => undefined, // Asked again in a moment; a session that has ended is noticed by the page.
      )
    }, lookEveryMs)
    return () => clearInterval(timer)
  }, [waits, before, onFresh, queryClient])
}
