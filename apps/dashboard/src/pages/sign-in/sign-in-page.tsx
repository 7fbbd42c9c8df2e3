import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { asProblem, client, type Output, query } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input, PasswordInput } from '../../components/input.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { answerWithPasskey, canUsePasskeys } from '../../passkey.ts'
import { sessionQuery } from '../../session.ts'
import { WithSingleSignOn } from './with-single-sign-on.tsx'

const route = getRouteApi('/sign-in')

/** The first page that most people see: without the forms of the other pages, which weigh as much as all of it. */
export function SignInPage() {
  const { next = '/' } = route.useSearch()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [asksOtp, setAsksOtp] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState<'password' | 'passkey'>()
  // Without an answer the password is asked for: whoever can not be told of another way still gets in.
  const methods = useQuery(query('getSignInMethods', {}))
  const singleSignOn = methods.data?.singleSignOn
  const enter = async (how: 'password' | 'passkey', signIn: () => Promise<Output<'signIn'>>) => {
    setBusy(how)
    setError(undefined)
    try {
      const session = await signIn()
      // What somebody else was shown before is not for this person.
      queryClient.clear()
      queryClient.setQueryData(sessionQuery().queryKey, session)
      router.history.replace(next)
    } catch (thrown) {
      setBusy(undefined)
      if (asProblem(thrown).type === 'otp-required' && !asksOtp) setAsksOtp(true)
      else setError(thrown)
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [email = '', password = '', otp = ''] = ['email', 'password', 'otp'].map((name) =>
      String(form.get(name) ?? ''),
    )
    void enter('password', () =>
      client.call('signIn', { email: email.trim(), password, ...(otp !== '' && { otp }) }),
    )
  }
  const usePasskey = () =>
    void enter('passkey', async () => {
      const answer = await answerWithPasskey(() => client.call('beginPasskeySignIn', {}))
      return client.call('signInWithPasskey', answer)
    })
  const form = (
    <form onSubmit={submit} className="grid gap-5">
      {error !== undefined && <ProblemNotice error={error} />}
      <Fields asksOtp={asksOtp} isFirst={singleSignOn === undefined} />
      <Button
        type="submit"
        variant={singleSignOn === undefined ? 'primary' : 'secondary'}
        busy={busy === 'password'}
      >
        {asksOtp ? 'Continue' : 'Sign in'}
      </Button>
      {!asksOtp && canUsePasskeys() && (
        <Button busy={busy === 'passkey'} onClick={usePasskey}>
          <KeyRound aria-hidden="true" /> Use a passkey
        </Button>
      )}
    </form>
  )
  return (
    <OutsidePage title="Sign in">
      {methods.isPending ? (
        <LoadingState lines={4} />
      ) : singleSignOn === undefined ? (
        form
      ) : (
        <WithSingleSignOn singleSignOn={singleSignOn} next={next} form={form} />
      )}
      <p className="mt-8 border-t border-line pt-4 text-[0.87rem] text-ink-soft">
        No account yet? The first owner’s link was printed when the vault started; everybody else
        gets a link from an owner.
      </p>
    </OutsidePage>
  )
}

/** The password is kept, out of sight, while the code is asked for: both are sent together. */
function Fields({ asksOtp, isFirst }: { asksOtp: boolean; isFirst: boolean }) {
  return (
    <>
      <div className={asksOtp ? 'hidden' : 'grid gap-5'}>
        <Field label="E-mail address">
          {(aria) => (
            <Input
              {...aria}
              name="email"
              type="email"
              autoComplete="username"
              required
              autoFocus={isFirst}
            />
          )}
        </Field>
        <Field label="Password">
          {(aria) => (
            <PasswordInput {...aria} name="password" autoComplete="current-password" required />
          )}
        </Field>
      </div>
      {asksOtp && (
        <Field
          label="One-time code"
          hint="The six digits that your authenticator app shows, or one of your recovery codes."
        >
          {(aria) => (
            <Input
              {...aria}
              name="otp"
              inputMode="text"
              autoComplete="one-time-code"
              required
              autoFocus
            />
          )}
        </Field>
      )}
    </>
  )
}
