import { useInfiniteQuery } from '@tanstack/react-query'
import { pages } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button, TextLink } from '../../../components/button.tsx'
import { classes } from '../../../components/classes.ts'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import {
  allEvents,
  type Channel,
  eventWords,
  hindranceOf,
  kindWords,
  standingOf,
} from './channel-words.ts'
import { TestChannel } from './test-channel.tsx'

const errorCharsShown = 300

/** One's channels, each with how it stands. There are at most twenty. */
export function ChannelList() {
  const list = useInfiniteQuery(pages('listNotificationChannels', {}))
  const channels = list.data?.pages.flatMap((page) => page.channels)
  if (channels === undefined) {
    return (
      <div className="px-5 py-4">
        {list.isError ? (
          <ErrorState error={list.error} onRetry={list.refetch} />
        ) : (
          <LoadingState lines={3} />
        )}
      </div>
    )
  }
  if (channels.length === 0) {
    return (
      <p className="px-5 py-4 text-ink-soft">
        None yet: what waits for you is seen by whoever opens this dashboard, and told to nobody.
      </p>
    )
  }
  return (
    <>
      <ul className="divide-y divide-line">
        {channels.map((channel) => (
          <ChannelRow key={channel.id} channel={channel} />
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="border-t border-line px-5 py-3">
          <Button
            size="sm"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      )}
    </>
  )
}

function ChannelRow({ channel }: { channel: Channel }) {
  const { id, label, kind, target, canDecide } = channel
  const [tone, standing] = standingOf(channel)
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2.5 px-5 py-3.5">
      <div className="grid min-w-0 flex-1 basis-64 gap-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <TextLink
            to="/settings/notifications/$channelId"
            params={{ channelId: id }}
            className="font-medium [overflow-wrap:anywhere]"
          >
            {label}
          </TextLink>
          <Badge tone={tone}>{standing}</Badge>
          {canDecide && <Badge>Can approve</Badge>}
        </div>
        <p className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
          {kindWords[kind].name}, <UntrustedText inline mono text={target} />
        </p>
        <p className="text-[0.87rem] text-ink-soft">
          <Told channel={channel} />
        </p>
        <ChannelTrouble channel={channel} />
      </div>
      <TestChannel channel={channel} />
    </li>
  )
}

function Told({ channel: { events, lastDeliveredAt } }: { channel: Channel }) {
  const what =
    events.length === 0
      ? 'Told of nothing'
      : events.length === allEvents.length
        ? 'Told of everything'
        : events.map((event) => eventWords[event].name).join(', ')
  return (
    <>
      {what}.{' '}
      {lastDeliveredAt === undefined ? (
        'Nothing delivered yet.'
      ) : (
        <>
          Last delivered <Time at={lastDeliveredAt} />.
        </>
      )}
    </>
  )
}

/** What hinders a channel, and what its last failure was, where there is something. */
export function ChannelTrouble({ channel }: { channel: Channel }) {
  const { enabled, status, lastError } = channel
  const hindrance = hindranceOf(channel)
  if (!enabled || (hindrance === undefined && lastError === undefined)) return null
  return (
    <div
      className={classes(
        'text-[0.87rem] [overflow-wrap:anywhere]',
        status === 'unlinked' && lastError === undefined ? 'text-warn' : 'text-bad',
      )}
    >
      {hindrance}
      {lastError !== undefined && (
        <>
          {' '}
          <UntrustedText inline text={lastError} limit={errorCharsShown} />
        </>
      )}
    </div>
  )
}
