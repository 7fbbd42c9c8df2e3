import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { type FormEvent, useContext, useState } from 'react'
import { asProblem, client, type Input, query } from '../api.ts'
import { FreshSignInContext } from '../fresh-sign-in.ts'
import { answerWithPasskey, canUsePasskeys } from '../passkey.ts'
import { sessionQuery } from '../session.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { PasswordInput, Input as TextInput } from './input.tsx'
import { LoadingState } from './loading-state.tsx'
import { ProblemNotice } from './notice.tsx'
import { SignInAgainElsewhere } from './sign-in-again-elsewhere.tsx'
import { UserName } from './user-name.tsx'

/** Asks who it is once more; then what was begun goes on. Shown as long as it is mounted. */
export function FreshSignInDialog() {
  const freshSignIn = useContext(FreshSignInContext)
  return (
    <Dialog
      title="Confirm that it is you"
      description="This needs a sign-in of the last few minutes. What you began goes on afterwards."
      open
      onClose={() => freshSignIn.answer(false)}
    >
      <FreshSignInForm onAnswer={freshSignIn.answer} />
    </Dialog>
  )
}

function FreshSignInForm({ onAnswer }: { onAnswer: (didSignIn: boolean) => void }) {
  const queryClient = useQueryClient()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const [asksOtp, setAsksOtp] = useState(false)
  const prove = async (input: () => Promise<Input<'reauthenticate'>>) => {
    setBusy(true)
    setError(undefined)
    try {
      const session = await client.call('reauthenticate', await input())
      queryClient.setQueryData(sessionQuery().queryKey, session)
      onAnswer(true)
    } catch (thrown) {
      setBusy(false)
      if (asProblem(thrown).type === 'otp-required' && !asksOtp) setAsksOtp(true)
      else setError(thrown)
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const otp = String(form.get('otp') ?? '')
    const password = String(form.get('password') ?? '')
    void prove(async () => ({ password, ...(otp !== '' && { otp }) }))
  }
  const usePasskey = () =>
    void prove(async () => ({
      passkey: await answerWithPasskey(() => client.call('beginReauthentication', {})),
    }))
  const account = useQuery(query('getAccount', {}))
  if (account.isPending) return <LoadingState lines={3} />
  // Where the vault does not say, the password is asked for.
  const { password: hasPassword = true, singleSignOn = false } = account.data?.account ?? {}
  return (
    <form onSubmit={submit} className="grid gap-4">
      {singleSignOn && <SignInAgainElsewhere onDone={() => onAnswer(true)} />}
      {error !== undefined && <ProblemNotice error={error} />}
      <UserName />
      {hasPassword && (
        <Field label="Password">
          {(aria) => (
            <PasswordInput
              {...aria}
              name="password"
              autoComplete="current-password"
              autoFocus={!singleSignOn}
              required
            />
          )}
        </Field>
      )}
      {asksOtp && (
        <Field label="One-time code" hint="From your authenticator app, or a recovery code.">
          {(aria) => (
            <TextInput {...aria} name="otp" autoComplete="one-time-code" autoFocus required />
          )}
        </Field>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        {canUsePasskeys() && (
          <Button className="sm:mr-auto" disabled={busy} onClick={usePasskey}>
            <KeyRound aria-hidden="true" /> Use a passkey
          </Button>
        )}
        <Button onClick={() => onAnswer(false)}>Cancel</Button>
        {hasPassword && (
          <Button type="submit" variant="primary" busy={busy}>
            Continue
          </Button>
        )}
      </div>
    </form>
  )
}
