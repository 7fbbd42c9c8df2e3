import { type ReactNode, useState } from 'react'
import { client, type Output } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { leaveFor } from '../../leave-for.ts'

interface WithSingleSignOnProps {
  readonly singleSignOn: NonNullable<Output<'getSignInMethods'>['singleSignOn']>
  /** Where to go afterwards, a path of this vault. */
  readonly next: string
  /** The way by password or passkey. */
  readonly form: ReactNode
}

/** The organisation's own sign-in first, then the vault's: out of the way where only owners may use it. */
export function WithSingleSignOn({ singleSignOn, next, form }: WithSingleSignOnProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const start = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const { authorizationUrl } = await client.call('startSingleSignOn', { returnTo: next })
      await leaveFor(authorizationUrl)
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="grid gap-6">
      {error !== undefined && <ProblemNotice error={error} />}
      <Button
        variant="primary"
        busy={busy}
        autoFocus
        className="h-auto! whitespace-normal! [overflow-wrap:anywhere]"
        onClick={() => void start()}
      >
        Sign in with {singleSignOn.label}
      </Button>
      {singleSignOn.required ? (
        <details>
          <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
            Owners can sign in with a password
          </summary>
          <div className="mt-5">{form}</div>
        </details>
      ) : (
        <>
          <div className="flex items-center gap-3 text-[0.87rem] text-ink-soft">
            <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
          </div>
          {form}
        </>
      )}
    </div>
  )
}
