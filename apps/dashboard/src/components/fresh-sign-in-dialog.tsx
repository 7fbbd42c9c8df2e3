import { type FormEvent, useContext, useState, useSyncExternalStore } from 'react'
import { client } from '../api.ts'
import { FreshSignInContext } from '../fresh-sign-in.ts'
import { useSession } from '../session.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { PasswordInput } from './input.tsx'
import { ProblemNotice } from './notice.tsx'

/** Asks who it is once more, for what needs a fresh sign-in; then what was begun goes on. Once, in the frame. */
export function FreshSignInDialog() {
  const freshSignIn = useContext(FreshSignInContext)
  const open = useSyncExternalStore(freshSignIn.subscribe, freshSignIn.isOpen)
  const session = useSession()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password') ?? '')
    setBusy(true)
    setError(undefined)
    try {
      await client.call('signIn', { email: session?.owner.email ?? '', password })
      freshSignIn.answer(true)
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      title="Confirm that it is you"
      description="This needs a sign-in of the last few minutes."
      open={open}
      onClose={() => freshSignIn.answer(false)}
    >
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label="Password">
          {(aria) => (
            <PasswordInput {...aria} name="password" autoComplete="current-password" autoFocus />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => freshSignIn.answer(false)}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy}>
            Continue
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
