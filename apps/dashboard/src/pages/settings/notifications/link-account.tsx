import { finishLinking } from '@sallyport/contracts'
import { CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { CodeBlock } from '../../../components/copy-button.tsx'
import { ExternalLink } from '../../../components/external-link.tsx'
import { Form } from '../../../components/form.tsx'
import { TextField } from '../../../components/form-fields.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { Time } from '../../../components/time.tsx'
import { useToast } from '../../../components/toast.tsx'
import { useMay } from '../../../session.ts'
import type { Channel } from './channel-words.ts'

type Linking = Output<'startLinking'>['linking']

const serviceOf = (kind: Channel['kind']) => (kind === 'telegram' ? 'Telegram' : 'Slack')

/** Links one's own account at Slack or Telegram, so that its buttons decide as oneself. */
export function LinkAccount({ channel }: { channel: Channel }) {
  const start = useAction('startLinking')
  const mayDecide = useMay('approvals:write')
  const { id, kind, status, canDecide } = channel
  const service = serviceOf(kind)
  // Whose role does not decide has no buttons, linked or not; where nothing is sent any more, nobody has.
  const isLinked = canDecide || status === 'active' || status === 'failing'
  const linking = start.data?.linking
  const begin = () => start.mutate({ channelId: id })
  return (
    <Card
      title={`Your ${service} account`}
      description={
        mayDecide
          ? `Once it is linked, the buttons in ${service} approve and deny as you. Requests that take a fresh sign-in or several people have none.`
          : 'Your role does not decide, so its messages have no buttons.'
      }
    >
      <div className="grid gap-4">
        {start.error !== null && <ProblemNotice error={start.error} />}
        {isLinked && linking === undefined && (
          <p className="flex items-center gap-2">
            <CircleCheck aria-hidden="true" className="size-4.5 text-good" /> Linked.
          </p>
        )}
        {linking === undefined ? (
          <div>
            <Button
              variant={isLinked ? 'secondary' : 'primary'}
              busy={start.isPending}
              onClick={begin}
            >
              {isLinked ? 'Link again' : 'Link the account'}
            </Button>
          </div>
        ) : linking.way === 'open-link' ? (
          <ByLink linking={linking} isLinked={isLinked} onAgain={begin} />
        ) : (
          <ByCode channelId={id} linking={linking} onAgain={begin} onDone={start.reset} />
        )}
      </div>
    </Card>
  )
}

interface ByLinkProps {
  readonly linking: Linking
  readonly isLinked: boolean
  readonly onAgain: () => void
}

/** Of Telegram: the link tells the bot who is who. The vault says by an event when that has happened. */
function ByLink({ linking, isLinked, onAgain }: ByLinkProps) {
  if (isLinked) {
    return (
      <Notice tone="good" alert title="Linked.">
        <p>Send a test above to see it arrive.</p>
      </Notice>
    )
  }
  return (
    <Steps>
      <li>
        {linking.url === undefined ? (
          'Open the bot in Telegram'
        ) : (
          <ExternalLink href={linking.url}>Open the bot in Telegram</ExternalLink>
        )}{' '}
        on a device on which you are signed in there.
      </li>
      <li>Press Start. The bot answers that it knows you.</li>
      <li>
        <span role="status">This page waits, and says so when it is done.</span> The link works
        once, until <Time at={linking.expiresAt} exact />.{' '}
        <Button size="sm" variant="quiet" onClick={onAgain}>
          Make another link
        </Button>
      </li>
    </Steps>
  )
}

interface ByCodeProps {
  readonly channelId: string
  readonly linking: Linking
  readonly onAgain: () => void
  readonly onDone: () => void
}

/** Of Slack: where presses of buttons go, and the code that only this member got. */
function ByCode({ channelId, linking, onAgain, onDone }: ByCodeProps) {
  const toast = useToast()
  const finish = useAction('finishLinking', {
    onDone: () => {
      toast('Linked')
      onDone()
    },
  })
  const { callbackUrl, expiresAt } = linking
  return (
    <Steps>
      <li>
        {callbackUrl === undefined ? (
          <>
            Slack cannot reach this vault, whose public address is not https: messages come with a
            link, and buttons in them would lead nowhere. Whoever runs the vault can change that.
          </>
        ) : (
          <div className="grid gap-2">
            <p>
              In your Slack app open Interactivity &amp; Shortcuts, turn it on, paste this as the
              Request URL and save.
            </p>
            <CodeBlock label="Request URL" text={callbackUrl} />
          </div>
        )}
      </li>
      <li>
        <div className="grid gap-3">
          <p>
            We sent a code as a message of your app. Type it here until{' '}
            <Time at={expiresAt} exact />.
          </p>
          <Form
            schema={finishLinking.input}
            defaults={{ channelId, code: '' }}
            onSubmit={finish.mutateAsync}
            submitLabel="Link"
            actions={
              <Button variant="quiet" onClick={onAgain}>
                Send another code
              </Button>
            }
          >
            <TextField
              name="code"
              label="Code"
              autoComplete="one-time-code"
              inputMode="numeric"
              spellCheck={false}
            />
          </Form>
        </div>
      </li>
    </Steps>
  )
}

function Steps({ children }: { children: ReactNode }) {
  return <ol className="grid list-decimal gap-4 pl-5">{children}</ol>
}
