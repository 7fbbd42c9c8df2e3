import type { Problem } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { useRouteContext, useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { asProblem, client } from '../../api.ts'
import { LinkButton } from '../../components/button.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { ownPath } from '../../search.ts'
import { sessionQuery } from '../../session.ts'
import { signedInAgainPath } from '../../single-sign-on.ts'

type State = 'finishing' | 'empty' | 'again' | { readonly problem: Problem }

/** Where the organisation's provider sends the browser back to: signs in, once, and goes on where the person wanted to. */
export function SignInCallbackPage() {
  const { takeAnswer } = useRouteContext({ from: '/sign-in/callback' })
  const router = useRouter()
  const queryClient = useQueryClient()
  const [state, setState] = useState<State>('finishing')
  const isBegun = useRef(false)
  useEffect(() => {
    if (isBegun.current) return
    isBegun.current = true
    const answer = takeAnswer()
    if (answer === undefined) return setState('empty')
    const finish = async () => {
      const { session, returnTo } = await client.call('finishSingleSignOn', answer)
      if (returnTo === signedInAgainPath) {
        setState('again')
        // A tab that a script opened may close itself.
        return window.close()
      }
      // What somebody else was shown before is not for this person.
      queryClient.clear()
      queryClient.setQueryData(sessionQuery().queryKey, session)
      router.history.replace(ownPath(returnTo) ?? '/')
    }
    finish().catch((thrown: unknown) => setState({ problem: asProblem(thrown) }))
  }, [queryClient, router, takeAnswer])
  if (state === 'again') {
    return (
      <OutsidePage title="It is you">
        <p>You can close this tab. What you began goes on in the other one.</p>
      </OutsidePage>
    )
  }
  return (
    <OutsidePage title="Sign in">
      {state === 'finishing' ? <LoadingState lines={2} /> : <NotSignedIn state={state} />}
    </OutsidePage>
  )
}

function NotSignedIn({ state }: { state: 'empty' | { readonly problem: Problem } }) {
  return (
    <div className="grid gap-4">
      {state === 'empty' ? (
        <Notice title="There is nothing to finish here.">
          <p>The provider’s answer counts once. Begin again.</p>
        </Notice>
      ) : (
        <Notice tone="bad" alert title={titles[state.problem.type] ?? 'You are not signed in.'}>
          <UntrustedText text={state.problem.detail} />
          <p className="mt-1">{state.problem.next}</p>
        </Notice>
      )}
      <div>
        <LinkButton variant="primary" to="/sign-in">
          Back to sign-in
        </LinkButton>
      </div>
    </div>
  )
}

const titles: Readonly<Record<string, string>> = {
  'sign-in-refused': 'This account may not sign in here.',
  'authorization-refused': 'The provider did not sign you in.',
  'connect-flow-refused': 'This answer belongs to no attempt of this browser.',
}
