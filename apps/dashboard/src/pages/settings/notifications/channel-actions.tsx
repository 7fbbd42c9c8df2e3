import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { useToast } from '../../../components/toast.tsx'
import type { Channel } from './channel-words.ts'

/** Turns a channel off for a while, and on. */
export function EnableChannel({ channel: { id, enabled } }: { channel: Channel }) {
  const toast = useToast()
  const update = useAction('updateNotificationChannel', {
    onDone: ({ channel }) => toast(channel.enabled ? 'Turned on' : 'Turned off'),
  })
  const change = () =>
    update.mutate(
      { channelId: id, enabled: !enabled },
      { onError: () => toast('It was not changed. Try again.', 'bad') },
    )
  return (
    <Button size="sm" busy={update.isPending} onClick={change}>
      {enabled ? 'Turn off' : 'Turn on'}
    </Button>
  )
}

/** Ends a channel, after asking. */
export function DeleteChannel({ channel }: { channel: Channel }) {
  const [isOpen, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const remove = useAction('deleteNotificationChannel', {
    invalidates: ['notification-deliveries'],
    onDone: () => {
      toast('Channel deleted')
      void navigate({ to: '/settings/notifications' })
    },
  })
  return (
    <Card title="Delete this channel">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          Nothing is sent there any more, and what is kept to send there is gone.
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete
        </Button>
      </div>
      <ConfirmDialog
        title={`Delete ${channel.label}?`}
        confirmLabel="Delete"
        danger
        open={isOpen}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ channelId: channel.id })}
        onClose={() => setOpen(false)}
      >
        <p>
          What waits to be sent there is dropped, and what was sent there leaves the log. Buttons in
          messages that were sent decide nothing any more.
        </p>
      </ConfirmDialog>
    </Card>
  )
}
