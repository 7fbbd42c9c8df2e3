import { Send } from 'lucide-react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { type Channel, needsLink } from './channel-words.ts'

const saidCharsShown = 300

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
      {test.error !== null && (
        <div className="basis-full">
          <ProblemNotice error={test.error} />
        </div>
      )}
      {test.data !== undefined && !test.isPending && (
        <div className="basis-full">
          <Notice
            alert
            tone={test.data.delivered ? 'good' : 'bad'}
            title={test.data.delivered ? 'It was taken.' : 'It did not arrive.'}
          >
            <UntrustedText inline text={test.data.message} limit={saidCharsShown} />
          </Notice>
        </div>
      )}
    </>
  )
}
