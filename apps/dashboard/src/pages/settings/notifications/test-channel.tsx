import { Send } from 'lucide-react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { SaidOfTest } from '../said-of-test.tsx'
import { type Channel, needsLink } from './channel-words.ts'

/** Sends a test, and says what came of it where it was asked for. */
export function TestChannel({ channel }: { channel: Channel }) {
  const test = useAction('testNotificationChannel', {
    invalidates: ['notification-deliveries'],
  })
  const { id, label } = channel
  return (
    <>
      <Button
        size="sm"
        busy={test.isPending}
        disabled={needsLink(channel)}
        aria-label={`Send a test to ${label}`}
        onClick={() => test.mutate({ channelId: id })}
      >
        <Send aria-hidden="true" /> Send a test
      </Button>
      <SaidOfTest test={test} />
    </>
  )
}
