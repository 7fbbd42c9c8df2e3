import type { Problem } from '@sallyport/contracts'
import { useNavigate, useRouteContext, useRouter } from '@tanstack/react-router'
import { LoaderCircle } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { asProblem, type Output, useAction } from '../../api.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useToast } from '../../components/toast.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { placeLeft } from '../../leave-for.ts'
import { returnPath } from '../../return-path.ts'
import { ownPath } from '../../search.ts'
import { refusals } from './refusals.ts'

/** Where a provider sends the browser back to: hands its answer to the vault, once, and goes on where it was begun. */
export function CallbackPage() {
  const { takeAnswer } = useRouteContext({ from: '/frame/connections/callback' })
  const [isEmpty, setEmpty] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const goOn = useGoBack()
  const finish = useAction('finishConnection', {
    invalidates: ['capability-requests', 'approvals', 'mcp', 'oauth-apps'],
  })
  const isBegun = useRef(false)
  useEffect(() => {
    if (isBegun.current) return
    isBegun.current = true
    const answer = takeAnswer()
    if (answer === undefined) return setEmpty(true)
    finish.mutateAsync(answer).then(goOn, (thrown: unknown) => setProblem(asProblem(thrown)))
  }, [finish, goOn, takeAnswer])
  return (
    <>
      <PageHeader
        title={problem === undefined && !isEmpty ? 'Connecting the account' : 'Not connected'}
        up={<TextLink to="/connections">Connections</TextLink>}
      />
      {isEmpty ? (
        <Empty />
      ) : problem === undefined ? (
        <p role="status" className="flex items-center gap-2.5 text-ink-soft">
          <LoaderCircle aria-hidden="true" className="size-4.5 animate-spin" />
          The vault takes the provider’s answer. This is a matter of seconds.
        </p>
      ) : (
        <Refused problem={problem} />
      )}
    </>
  )
}

/** To the page that asked for the account, else to the connection. */
function useGoBack() {
  const router = useRouter()
  const navigate = useNavigate()
  const toast = useToast()
  return ({ connection, flow }: Output<'finishConnection'>) => {
    toast('The account is connected')
    const back = ownPath(flow.returnTo)
    if (back !== undefined) return router.history.replace(returnPath(back, connection.id))
    const params = { connectionId: connection.id }
    void navigate({ to: '/connections/$connectionId', params, replace: true })
  }
}

/** The page was opened again, or by hand. */
function Empty() {
  return (
    <Notice
      title="There is nothing to finish here."
      action={<LinkButton to="/connections">All connections</LinkButton>}
    >
      <p>
        A provider’s answer counts once and is not kept in the address. If the account is not among
        the connections, begin again.
      </p>
    </Notice>
  )
}

function Refused({ problem }: { problem: Problem }) {
  const router = useRouter()
  const place = placeLeft()
  const { title, advice } = refusals[problem.type] ?? {
    title: 'The account is not connected.',
    advice: undefined,
  }
  return (
    <div className="grid gap-4">
      <Notice tone="bad" alert title={title}>
        <UntrustedText text={problem.detail} limit={600} />
        <p className="mt-1">{advice ?? problem.next}</p>
      </Notice>
      <div className="flex flex-wrap gap-2">
        {place !== undefined && (
          <Button variant="primary" onClick={() => router.history.push(place)}>
            Try again
          </Button>
        )}
        <LinkButton to="/connections">All connections</LinkButton>
      </div>
    </div>
  )
}
