import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Output, query, useAction } from '../../api.ts'
import { Button, TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'

type MailServer = NonNullable<Output<'getMailServer'>['mailServer']>

const MailServerForm = lazyPart(
  async () => (await import('./mail-server-form.tsx')).MailServerForm,
  <LoadingState />,
)

/** How the workspace sends mail. */
export function MailServerPage() {
  const { data, error, refetch } = useQuery(query('getMailServer', {}))
  const mayChange = useMay('workspace:write')
  const mailServer = data?.mailServer
  return (
    <div className="grid gap-5">
      <p className="max-w-2xl text-ink-soft">
        Through it people are told by e-mail, each where they say in their{' '}
        <TextLink to="/settings/notifications">notifications</TextLink>.{' '}
        {!mayChange && 'Only an owner or admin can change it.'}
      </p>
      {data === undefined ? (
        error === null ? (
          <LoadingState />
        ) : (
          <ErrorState error={error} onRetry={refetch} />
        )
      ) : mayChange ? (
        <Card
          title={mailServer === undefined ? 'Set it up' : 'Mail server'}
          description="The server is asked when you save: only what it takes is saved."
        >
          <MailServerForm key={mailServer?.updatedAt} mailServer={mailServer} />
        </Card>
      ) : (
        <Card title="Mail server">
          {mailServer === undefined ? <p>None is set up.</p> : <Shown mailServer={mailServer} />}
        </Card>
      )}
      {mayChange && (mailServer !== undefined || error !== null) && <DeleteMailServer />}
    </div>
  )
}

function Shown({ mailServer }: { mailServer: MailServer }) {
  const { host, port, from, username, updatedAt } = mailServer
  return (
    <Facts
      items={[
        ['Server', `${host}, port ${port}`],
        ['From', from],
        ['User name', username ?? 'None'],
        ['Changed', <Time key="changed" at={updatedAt} exact />],
      ]}
    />
  )
}

function DeleteMailServer() {
  const [isOpen, setOpen] = useState(false)
  const toast = useToast()
  const remove = useAction('deleteMailServer', {
    onDone: () => {
      setOpen(false)
      toast('The workspace sends no mail any more')
    },
  })
  return (
    <Card title="Delete the mail server">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          Everybody’s e-mail channels fail from then on. They work again when there is another.
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete
        </Button>
      </div>
      <ConfirmDialog
        title="Delete the mail server?"
        confirmLabel="Delete"
        danger
        open={isOpen}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({})}
        onClose={() => setOpen(false)}
      >
        <p>The password that is kept is gone too, and has to be given again.</p>
      </ConfirmDialog>
    </Card>
  )
}
