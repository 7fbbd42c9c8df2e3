import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog, Dialog } from '../../../components/dialog.tsx'
import type { Channel } from './channel-words.ts'
import { SigningSecret } from './signing-secret.tsx'

/** Makes a webhook's signing secret anew; it is shown once. */
export function RenewSecret({ channel }: { channel: Channel }) {
  const [isOpen, setOpen] = useState(false)
  const renew = useAction('renewNotificationSecret', { onDone: () => setOpen(false) })
  const secret = renew.data?.secret
  return (
    <Card title="Signing secret">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          It was shown when the channel was made. If it is lost, or somebody saw it, make another.
        </p>
        <Button onClick={() => setOpen(true)}>Make a new secret</Button>
      </div>
      <ConfirmDialog
        title="Make a new signing secret?"
        confirmLabel="Make it"
        open={isOpen}
        busy={renew.isPending}
        error={renew.error}
        onConfirm={() => renew.mutate({ channelId: channel.id })}
        onClose={() => setOpen(false)}
      >
        <p>Messages are signed with both for a day, so that your program can change over.</p>
      </ConfirmDialog>
      <Dialog
        title="Copy the signing secret now"
        description="It is not shown again."
        open={secret !== undefined}
        onClose={() => renew.reset()}
      >
        <div className="grid gap-4">
          {secret !== undefined && <SigningSecret secret={secret} />}
          <div className="flex justify-end">
            <Button variant="primary" onClick={() => renew.reset()}>
              Done
            </Button>
          </div>
        </div>
      </Dialog>
    </Card>
  )
}
