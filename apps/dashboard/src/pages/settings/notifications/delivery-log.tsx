import type { NotificationDelivery } from '@sallyport/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import { pages, query } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { TextLink } from '../../../components/button.tsx'
import type { Column } from '../../../components/column.ts'
import { DataTable } from '../../../components/data-table.tsx'
import { Field } from '../../../components/field.tsx'
import { Select } from '../../../components/input.tsx'
import { EmptyState } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { deliveryStandings, eventWords, isDeliveryStatus } from './channel-words.ts'

const channelsListed = 50
const messageCharsShown = 200

interface DeliveryLogProps {
  readonly channelId: string | undefined
  readonly status: string | undefined
}

/** What was sent to one's channels, and what became of it. */
export function DeliveryLog({ channelId, status }: DeliveryLogProps) {
  const navigate = useNavigate()
  const { data } = useQuery(query('listNotificationChannels', { limit: channelsListed }))
  const channels = data?.channels ?? []
  const choose = (name: keyof DeliveryLogProps) => (value: string) => {
    const next = Object.entries({ channelId, status, [name]: value })
    const search = Object.fromEntries(next.filter(([, text]) => text !== undefined && text !== ''))
    void navigate({ to: '/settings/notifications', search, replace: true, resetScroll: false })
  }
  const labelOf = (id: string) => channels.find((channel) => channel.id === id)?.label
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <Choice
          label="Channel"
          value={channelId ?? ''}
          options={channels.map(({ id, label }) => [id, label])}
          onChange={choose('channelId')}
        />
        <Choice
          label="Status"
          value={status ?? ''}
          options={Object.entries(deliveryStandings).map(([value, [, name]]) => [value, name])}
          onChange={choose('status')}
        />
      </div>
      <Deliveries channelId={channelId} status={status} labelOf={labelOf} />
    </>
  )
}

interface DeliveriesProps extends DeliveryLogProps {
  /** What a channel is called; without it the channel is not shown. */
  readonly labelOf?: (channelId: string) => string | undefined
}

/** The rows: of one channel, or of all. */
export function Deliveries({ channelId, status, labelOf }: DeliveriesProps) {
  const list = useInfiniteQuery(
    pages('listNotificationDeliveries', {
      ...(channelId !== undefined && { channelId }),
      ...(isDeliveryStatus(status) && { status }),
    }),
  )
  return (
    <DataTable
      label="What was sent"
      list={list}
      rowsOf={(page) => page.deliveries}
      keyOf={({ id }) => id}
      columns={columnsWith(labelOf)}
      empty={
        <EmptyState title="Nothing was sent" icon={<Inbox aria-hidden="true" />}>
          {status === undefined
            ? 'Each message stands here, with what became of it.'
            : 'Choose another status to see more.'}
        </EmptyState>
      }
    />
  )
}

const columnsWith = (labelOf: DeliveriesProps['labelOf']): Column<NotificationDelivery>[] => [
  {
    id: 'what',
    header: 'About',
    primary: true,
    cell: (delivery) => <Subject delivery={delivery} />,
  },
  {
    id: 'status',
    header: 'Status',
    width: '7rem',
    cell: ({ status }) => {
      const [tone, name] = deliveryStandings[status]
      return <Badge tone={tone}>{name}</Badge>
    },
  },
  ...(labelOf === undefined
    ? []
    : [
        {
          id: 'channel',
          header: 'Channel',
          cell: (delivery: NotificationDelivery) => (
            <ChannelLabel channelId={delivery.channelId} label={labelOf(delivery.channelId)} />
          ),
        },
      ]),
  {
    id: 'said',
    header: 'Result',
    width: '2fr',
    cell: (delivery) => <Said delivery={delivery} />,
  },
  { id: 'at', header: 'When', width: '7rem', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

function ChannelLabel({ channelId, label }: { channelId: string; label: string | undefined }) {
  if (label === undefined) return null
  return (
    <TextLink
      to="/settings/notifications/$channelId"
      params={{ channelId }}
      title={label}
      className="[overflow-wrap:anywhere]"
    >
      {label}
    </TextLink>
  )
}

/** What the last attempt came to, and how many there were. */
function Said({ delivery }: { delivery: NotificationDelivery }) {
  const { attempts, message, nextAttemptAt, status } = delivery
  return (
    <div className="grid text-[0.93rem] whitespace-normal">
      {message !== undefined && (
        <span className="[overflow-wrap:anywhere]">
          <UntrustedText inline text={message} limit={messageCharsShown} />
        </span>
      )}
      {(attempts > 1 || status === 'waiting') && (
        <span className="text-[0.87rem] text-ink-soft">
          {attempts === 0
            ? 'Not tried yet'
            : attempts === 1
              ? 'Tried once'
              : `Tried ${attempts} times`}
          {nextAttemptAt !== undefined && (
            <>
              , next <Time at={nextAttemptAt} />
            </>
          )}
        </span>
      )}
    </div>
  )
}

/** What a message was about, as a link to it. */
function Subject({ delivery: { kind, subjectId } }: { delivery: NotificationDelivery }) {
  if (kind === 'test') return 'A test'
  const { name } = eventWords[kind]
  if (kind === 'freeze') return <TextLink to="/settings/workspace">{name}</TextLink>
  if (kind === 'limit_reached' || kind === 'unusual_activity') {
    return (
      <TextLink to="/alerts" search={{ status: 'all' }}>
        {name}
      </TextLink>
    )
  }
  if (subjectId === undefined) return name
  if (kind === 'approval') {
    return (
      <TextLink to="/approvals/$approvalId" params={{ approvalId: subjectId }}>
        Approval
      </TextLink>
    )
  }
  if (kind === 'capability') {
    const params = { capabilityRequestId: subjectId }
    return (
      <TextLink to="/capability-requests/$capabilityRequestId" params={params}>
        Capability request
      </TextLink>
    )
  }
  return (
    <TextLink to="/connections/$connectionId" params={{ connectionId: subjectId }}>
      Connection
    </TextLink>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, name: string])[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const isListed = value === '' || options.some(([one]) => one === value)
  return (
    <Field label={label}>
      {(aria) => (
        <Select {...aria} value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">All</option>
          {!isListed && <option value={value}>{value}</option>}
          {options.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}
