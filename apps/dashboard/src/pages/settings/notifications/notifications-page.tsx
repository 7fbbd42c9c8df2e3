import { getRouteApi } from '@tanstack/react-router'
import { LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { lazyPart } from '../../../components/lazy-part.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ChannelList } from './channel-list.tsx'
import { ThisBrowser } from './this-browser.tsx'

const route = getRouteApi('/frame/settings/notifications')
const AddChannel = lazyPart(
  async () => (await import('./add-channel.tsx')).AddChannel,
  <LoadingState />,
)
const DeliveryLog = lazyPart(
  async () => (await import('./delivery-log.tsx')).DeliveryLog,
  <LoadingState />,
)

/** Where one is told of what happens; `?add=` adds a place. */
export function NotificationsPage() {
  const { add, channelId, status } = route.useSearch()
  if (add !== undefined) return <AddChannel kind={add} />
  return (
    <div className="grid gap-5">
      <p className="max-w-2xl text-ink-soft">
        How what happens here reaches you where you are. These channels are yours alone: nobody else
        sees them, and everybody has their own.
      </p>
      <ThisBrowser />
      <Card
        title="Channels"
        actions={
          <LinkButton size="sm" to="/settings/notifications" search={{ add: 'any' }}>
            Add a channel
          </LinkButton>
        }
        flush
      >
        <ChannelList />
      </Card>
      <section aria-labelledby="log" className="grid min-w-0 gap-3">
        <div>
          <h2 id="log" className="font-semibold">
            What was sent
          </h2>
          <p className="text-[0.93rem] text-ink-soft">
            The last 90 days, without the messages’ text. A link in a message only opens this
            dashboard: nothing is decided by opening it.
          </p>
        </div>
        <DeliveryLog channelId={channelId} status={status} />
      </section>
    </div>
  )
}
