import { Label, Problem } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { KeyRound, Trash2 } from 'lucide-react'
import { useContext, useState } from 'react'
import { z } from 'zod'
import { type Output, pages, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { FreshSignInContext } from '../../fresh-sign-in.ts'
import { canUsePasskeys } from '../../passkey.ts'
import { registerPasskey } from './register-passkey.ts'

type Passkey = Output<'listPasskeys'>['passkeys'][number]

/** One's passkeys. `offered`: this vault's address can have them. */
export function PasskeysCard({ offered }: { offered: boolean }) {
  const list = useInfiniteQuery(pages('listPasskeys', {}))
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Passkey>()
  const canAdd = offered && canUsePasskeys()
  const passkeys = list.data?.pages.flatMap((page) => page.passkeys)
  return (
    <Card
      title="Passkeys"
      description="Sign in with this device’s lock, a phone or a security key. Nothing to remember, nothing to phish."
      actions={
        canAdd && (
          <Button size="sm" onClick={() => setAdding(true)}>
            <KeyRound aria-hidden="true" /> Add a passkey
          </Button>
        )
      }
    >
      <div className="grid gap-3">
        {!canAdd && <NotHere offered={offered} />}
        {passkeys === undefined &&
          (list.isError ? (
            <ErrorState error={list.error} onRetry={list.refetch} />
          ) : (
            <LoadingState />
          ))}
        {passkeys?.length === 0 && canAdd && <p className="text-ink-soft">You have none yet.</p>}
        {passkeys !== undefined && passkeys.length > 0 && (
          <ul className="divide-y divide-line">
            {passkeys.map((passkey) => (
              <PasskeyRow
                key={passkey.id}
                passkey={passkey}
                onRemove={() => setRemoving(passkey)}
              />
            ))}
          </ul>
        )}
        {list.hasNextPage && (
          <Button
            size="sm"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        )}
      </div>
      <AddPasskey open={adding} onClose={() => setAdding(false)} />
      <RemovePasskey passkey={removing} onClose={() => setRemoving(undefined)} />
    </Card>
  )
}

function NotHere({ offered }: { offered: boolean }) {
  const local = `${location.protocol}//localhost:${location.port}`
  return (
    <Notice>
      {offered ? (
        <p>
          This browser has no passkeys at this address: they need HTTPS, or this machine itself.
        </p>
      ) : (
        <p>
          Passkeys belong to a name and this address is a number. On the machine of the vault, open{' '}
          <span className="font-mono">{local}</span>; elsewhere, the operator gives the vault a name
          with SALLYPORT_PUBLIC_URL.
        </p>
      )}
    </Notice>
  )
}

function PasskeyRow({ passkey, onRemove }: { passkey: Passkey; onRemove: () => void }) {
  const { name, createdAt, lastUsedAt, backedUp } = passkey
  return (
    <li className="flex items-center justify-between gap-3 py-2.5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium [overflow-wrap:anywhere]">
          {name} {backedUp && <Badge>Synced</Badge>}
        </p>
        <p className="text-[0.87rem] text-ink-soft">
          Added <Time at={createdAt} />
          {lastUsedAt === undefined ? (
            ', not used yet'
          ) : (
            <>
              , last used <Time at={lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <IconButton size="sm" label={`Remove the passkey ${name}`} onClick={onRemove}>
        <Trash2 aria-hidden="true" />
      </IconButton>
    </li>
  )
}

const named = z.strictObject({ name: Label })

function AddPasskey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const toast = useToast()
  const freshSignIn = useContext(FreshSignInContext)
  const create = useAction('createPasskey', {
    invalidates: ['account'],
    onDone: () => {
      toast('Passkey added')
      onClose()
    },
  })
  const add = async ({ name }: { name: string }) => {
    const made = await registerPasskey().catch(async (thrown: unknown) => {
      const asks = thrown instanceof Problem && thrown.type === 'fresh-sign-in-required'
      if (!asks || !(await freshSignIn.ask())) throw thrown
      return registerPasskey()
    })
    await create.mutateAsync({ ...made, name })
  }
  return (
    <Dialog
      title="Add a passkey"
      description="Your browser then asks for your fingerprint, face, PIN or security key."
      open={open}
      onClose={onClose}
    >
      <Form
        schema={named}
        defaults={{ name: '' }}
        onSubmit={add}
        submitLabel="Continue"
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        <TextField
          name="name"
          label="Name"
          hint="So that you know it again: “MacBook”, “YubiKey”."
          autoFocus
        />
      </Form>
    </Dialog>
  )
}

function RemovePasskey({
  passkey,
  onClose,
}: {
  passkey: Passkey | undefined
  onClose: () => void
}) {
  const toast = useToast()
  const remove = useAction('deletePasskey', {
    invalidates: ['account'],
    onDone: () => {
      toast('Passkey removed')
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Remove ${passkey?.name ?? 'the passkey'}?`}
      confirmLabel="Remove"
      danger
      open={passkey !== undefined}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => passkey && remove.mutate({ passkeyId: passkey.id })}
      onClose={onClose}
    >
      <p>
        You can no longer sign in with it. Remove it from the device as well, where it stays listed.
      </p>
    </ConfirmDialog>
  )
}
