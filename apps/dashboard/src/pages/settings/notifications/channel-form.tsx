import { createNotificationChannel, notificationKinds } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Form } from '../../../components/form.tsx'
import { TextField } from '../../../components/form-fields.tsx'
import { useToast } from '../../../components/toast.tsx'
import { SigningSecretCard } from '../signing-secret-card.tsx'
import { type FormKind, kindWords } from './channel-words.ts'
import { DetailField, EventsField } from './settings-fields.tsx'
import { TargetFields } from './target-fields.tsx'
import { WhereToGetIt } from './where-to-get-it.tsx'

/** Makes a channel of one kind. A webhook's secret is shown then, once; the others go on to the channel's page. */
export function ChannelForm({ kind }: { kind: FormKind }) {
  const navigate = useNavigate()
  const toast = useToast()
  const [made, setMade] = useState<Output<'createNotificationChannel'>>()
  const goTo = (channelId: string) =>
    void navigate({ to: '/settings/notifications/$channelId', params: { channelId } })
  const create = useAction('createNotificationChannel', {
    onDone: (output) => {
      if (output.secret !== undefined) return setMade(output)
      toast('Channel added')
      goTo(output.channel.id)
    },
  })
  if (made?.secret !== undefined) {
    return <SigningSecretCard secret={made.secret} onDone={() => goTo(made.channel.id)} />
  }
  return (
    <Card title={kindWords[kind].name} description={kindWords[kind].sentence}>
      <div className="grid gap-5">
        <WhereToGetIt kind={kind} />
        <Form
          schema={createNotificationChannel.input}
          defaults={{ target: { kind }, events: [...notificationKinds], detail: 'full' } as never}
          onSubmit={create.mutateAsync}
          submitLabel="Add the channel"
          actions={
            <LinkButton to="/settings/notifications" variant="quiet">
              Cancel
            </LinkButton>
          }
        >
          <TargetFields kind={kind} />
          <TextField
            name="label"
            label="What you call it"
            hint="Shown to you alone."
            autoComplete="off"
            optional
          />
          <EventsField />
          <DetailField />
        </Form>
      </div>
    </Card>
  )
}
