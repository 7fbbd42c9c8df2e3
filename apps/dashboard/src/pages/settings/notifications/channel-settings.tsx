import { updateNotificationChannel } from '@sallyport/contracts'
import { useAction } from '../../../api.ts'
import { Form } from '../../../components/form.tsx'
import { TextField } from '../../../components/form-fields.tsx'
import { useToast } from '../../../components/toast.tsx'
import type { Channel } from './channel-words.ts'
import { DetailField, EventsField } from './settings-fields.tsx'

/** What a channel is called and tells. */
export function ChannelSettings({ channel }: { channel: Channel }) {
  const toast = useToast()
  const update = useAction('updateNotificationChannel', { onDone: () => toast('Saved') })
  const { id, label, events, detail } = channel
  return (
    <Form
      schema={updateNotificationChannel.input}
      defaults={{ channelId: id, label, events, detail }}
      onSubmit={update.mutateAsync}
      submitLabel="Save"
    >
      <TextField name="label" label="What you call it" autoComplete="off" />
      <EventsField />
      <DetailField />
    </Form>
  )
}
