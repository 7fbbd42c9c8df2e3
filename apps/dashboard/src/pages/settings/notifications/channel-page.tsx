import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { TextLink } from '../../../components/button.tsx'
import { Card, Facts } from '../../../components/card.tsx'
import { lazyPart } from '../../../components/lazy-part.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { DeleteChannel, EnableChannel } from './channel-actions.tsx'
import { ChannelTrouble } from './channel-list.tsx'
import { type Channel, kindWords, standingOf } from './channel-words.ts'
import { Deliveries } from './delivery-log.tsx'
import { RenewSecret } from './renew-secret.tsx'
import { TestChannel } from './test-channel.tsx'

const route = getRouteApi('/frame/settings/notifications/$channelId')
const ChannelSettings = lazyPart(
  async () => (await import('./channel-settings.tsx')).ChannelSettings,
  <LoadingState />,
)
const LinkAccount = lazyPart(async () => (await import('./link-account.tsx')).LinkAccount)

/** One channel: how it stands, what it tells, and what was sent there. */
export function ChannelPage() {
  const { channelId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getNotificationChannel', { channelId }))
  const up = (
    <p className="text-[0.87rem]">
      <TextLink to="/settings/notifications">Notifications</TextLink>
    </p>
  )
  if (data === undefined) {
    return (
      <div className="grid gap-3">
        {up}
        {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />}
      </div>
    )
  }
  const { channel } = data
  const hasButtons = channel.kind === 'slack-app' || channel.kind === 'telegram'
  return (
    <div className="grid gap-4">
      {up}
      <About channel={channel} />
      {hasButtons && <LinkAccount key={channel.id} channel={channel} />}
      <Card title="What it tells">
        <ChannelSettings key={settingsKey(channel)} channel={channel} />
      </Card>
      {channel.kind === 'webhook' && <RenewSecret channel={channel} />}
      <DeleteChannel channel={channel} />
      <section aria-labelledby="log" className="grid min-w-0 gap-3">
        <h2 id="log" className="font-semibold">
          What was sent here
        </h2>
        <Deliveries channelId={channel.id} status={undefined} />
      </section>
    </div>
  )
}

/** The form begins anew when somebody changed what it is about. */
const settingsKey = ({ label, events, detail }: Channel) => JSON.stringify([label, events, detail])

function About({ channel }: { channel: Channel }) {
  const { label, kind, target, createdAt, lastDeliveredAt, canDecide } = channel
  const [tone, standing] = standingOf(channel)
  return (
    <Card
      title={<span className="[overflow-wrap:anywhere]">{label}</span>}
      actions={<EnableChannel channel={channel} />}
    >
      <div className="grid gap-4">
        <Facts
          items={[
            ['Kind', kindWords[kind].name],
            ['Sends to', <UntrustedText key="target" inline mono text={target} />],
            [
              'Status',
              <Badge key="status" tone={tone}>
                {standing}
              </Badge>,
            ],
            [
              'Last delivered',
              lastDeliveredAt === undefined ? (
                'Nothing yet'
              ) : (
                <Time key="delivered" at={lastDeliveredAt} />
              ),
            ],
            [
              'Buttons',
              canDecide ? 'Approve and deny from there' : 'None: its link opens this dashboard',
            ],
            ['Added', <Time key="added" at={createdAt} exact />],
          ]}
        />
        <ChannelTrouble channel={channel} />
        <div className="flex flex-wrap gap-3">
          <TestChannel channel={channel} />
        </div>
      </div>
    </Card>
  )
}
