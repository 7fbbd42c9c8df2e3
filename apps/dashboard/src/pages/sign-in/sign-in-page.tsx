import { Problem, signIn } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { client, type Input, type Output } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { SecretField, TextField } from '../../components/form-fields.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { answerWithPasskey, canUsePasskeys } from '../../passkey.ts'
import { sessionQuery } from '../../session.ts'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { next = '/' } = route.useSearch()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [asksOtp, setAsksOtp] = useState(false)
  const enter = (session: Output<'signIn'>) => {
    // What somebody else was shown before is not for this person.
    queryClient.clear()
    queryClient.setQueryData(sessionQuery().queryKey, session)
    router.history.replace(next)
  }
  const submit = async (input: Input<'signIn'>) => {
    try {
      enter(await client.call('signIn', input))
    } catch (thrown) {
      const isFirst = thrown instanceof Problem && thrown.type === 'otp-required' && !asksOtp
      if (!isFirst) throw thrown
      setAsksOtp(true)
    }
  }
  return (
    <OutsidePage title="Sign in">
      <Form
        schema={signIn.input}
        defaults={{ email: '', password: '' }}
        onSubmit={submit}
        submitLabel={asksOtp ? 'Continue' : 'Sign in'}
      >
        <div className={asksOtp ? 'hidden' : 'grid gap-5'}>
          <TextField
            name="email"
            label="E-mail address"
            type="email"
            autoComplete="username"
            autoFocus
          />
          <SecretField name="password" label="Password" autoComplete="current-password" />
        </div>
        {asksOtp && (
          <TextField
            name="otp"
            label="One-time code"
            autoComplete="one-time-code"
            inputMode="numeric"
            autoFocus
            hint="The six digits that your authenticator app shows, or one of your recovery codes."
          />
        )}
      </Form>
      {!asksOtp && canUsePasskeys() && <PasskeySignIn onDone={enter} />}
      <p className="mt-8 border-t border-line pt-4 text-[0.87rem] text-ink-soft">
        No account yet? The first owner’s link was printed when the vault started; everybody else
        gets a link from an owner.
      </p>
    </OutsidePage>
  )
}

function PasskeySignIn({ onDone }: { onDone: (session: Output<'signIn'>) => void }) {
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const use = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const answer = await answerWithPasskey(() => client.call('beginPasskeySignIn', {}))
      onDone(await client.call('signInWithPasskey', answer))
    } catch (thrown) {
      setError(thrown)
      setBusy(false)
    }
  }
  return (
    <div className="mt-5 grid gap-3">
      <div className="flex items-center gap-3 text-[0.87rem] text-ink-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </div>
      {error !== undefined && <ProblemNotice error={error} />}
      <Button busy={busy} onClick={() => void use()}>
        <KeyRound aria-hidden="true" /> Use a passkey
      </Button>
    </div>
  )
}
