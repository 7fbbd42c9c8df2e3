import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { asProblem, client, query, useAction } from '../../../api.ts'
import { Button, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { nameOfBrowser } from '../name-of-browser.ts'
import {
  type BrowserState,
  readBrowserState,
  rememberChannel,
  subscribeBrowser,
  unsubscribeBrowser,
} from './browser-push.ts'
import { allEvents, type Channel, standingOf } from './channel-words.ts'
import type { NoPush } from './push-support.ts'

const stateKey = ['this-browser'] as const
const channelsListed = 50
/** A channel's log goes with it. */
const deliveriesToo = { invalidates: ['notification-deliveries'] } as const

/** Whether messages come to the browser that shows this page, and the buttons that change it. */
export function ThisBrowser() {
  const { data: state } = useQuery({ queryKey: stateKey, queryFn: readBrowserState, staleTime: 0 })
  const { data: list } = useQuery(query('listNotificationChannels', { limit: channelsListed }))
  return (
    <Card
      title="This browser"
      description="Shows a notification when something waits, also while this page is closed."
    >
      {state === undefined || list === undefined ? (
        <LoadingState lines={1} />
      ) : (
        <Standing state={state} channels={list.channels} />
      )}
    </Card>
  )
}

interface StandingProps {
  readonly state: BrowserState
  readonly channels: readonly Channel[]
}

function Standing({ state, channels }: StandingProps) {
  if (state.is === 'no') return <CannotBe why={state.why} />
  if (state.is === 'denied') return <Denied />
  if (state.is === 'off') {
    return (
      <Line action={<TurnOn label="Turn on" />}>
        It is off. Your browser asks you when you turn it on.
      </Line>
    )
  }
  const channel = channels.find(({ id }) => id === state.channelId)
  if (channel === undefined || channel.status === 'gone') {
    return (
      <Notice tone="warn" title="This browser is told no longer.">
        <p>
          It was set up, but its channel was deleted, ended, or belongs to somebody else who used
          this browser.
        </p>
        <div className="mt-2.5 flex flex-wrap gap-2">
          <TurnOn label="Set it up again" replaced={channel} />
          <TurnOff channelId={channel?.id} />
        </div>
      </Notice>
    )
  }
  const [, standing] = standingOf(channel)
  return (
    <Line action={<TurnOff channelId={channel.id} />}>
      {channel.enabled ? 'It is on, as ' : `${standing}, as `}
      <TextLink
        to="/settings/notifications/$channelId"
        params={{ channelId: channel.id }}
        className="[overflow-wrap:anywhere]"
      >
        {channel.label}
      </TextLink>
      . Notifications come here until you turn it off, also while you are signed out.
    </Line>
  )
}

function Line({ action, children }: { action: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <p className="min-w-0 flex-1 basis-60">{children}</p>
      {action}
    </div>
  )
}

/** Why the last try failed, of what is not the vault's but the browser's. */
type Failure = 'not-allowed' | 'no-service' | undefined

interface TurnOnProps {
  readonly label: string
  /** A channel of this browser that does not reach it any more: the new one tells the same, in its place. */
  readonly replaced?: Channel | undefined
}

function TurnOn({ label, replaced }: TurnOnProps) {
  const queryClient = useQueryClient()
  const toast = useToast()
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  const [problem, setProblem] = useState<unknown>()
  const create = useAction('createNotificationChannel')
  const remove = useAction('deleteNotificationChannel', deliveriesToo)
  const turnOn = async () => {
    setBusy(true)
    setFailure(undefined)
    setProblem(undefined)
    try {
      const { publicKey } = await client.call('getWebPushKey', {})
      const target = await subscribeBrowser(publicKey).catch(() => null)
      if (target === null) return setFailure('no-service')
      if (target === undefined) return setFailure('not-allowed')
      const input = {
        ...{ target, label: replaced?.label ?? nameOfBrowser(navigator.userAgent) },
        ...{ events: replaced?.events ?? [...allEvents] },
        ...{ detail: replaced?.detail ?? ('full' as const) },
      }
      const { channel } = await create.mutateAsync(input)
      rememberChannel({ endpoint: target.endpoint, channelId: channel.id })
      toast('This browser is told from now on')
      // Where it fails the old one is left in the list, and says of itself that it is gone.
      if (replaced !== undefined)
        await remove.mutateAsync({ channelId: replaced.id }).catch(() => undefined)
    } catch (thrown) {
      setProblem(asProblem(thrown))
      // A subscription without a channel would be of no use to anybody.
      await unsubscribeBrowser()
    } finally {
      setBusy(false)
      await queryClient.invalidateQueries({ queryKey: stateKey })
    }
  }
  return (
    <>
      <Button variant="primary" busy={isBusy} onClick={() => void turnOn()}>
        {label}
      </Button>
      {problem !== undefined && (
        <div className="basis-full">
          <ProblemNotice error={problem} />
        </div>
      )}
      {failure !== undefined && (
        <div className="basis-full">
          <Notice tone="bad" alert title={failures[failure][0]}>
            <p>{failures[failure][1]}</p>
          </Notice>
        </div>
      )}
    </>
  )
}

const failures = {
  'not-allowed': [
    'You have not allowed it.',
    'The browser asked whether this page may show notifications. Try again and allow it.',
  ],
  'no-service': [
    'The browser could not subscribe.',
    'Its push service did not answer, or it has none, as in a private window. Look at your network, or take another browser or one of the channels below.',
  ],
} as const

function TurnOff({ channelId }: { channelId: string | undefined }) {
  const queryClient = useQueryClient()
  const toast = useToast()
  const [isBusy, setBusy] = useState(false)
  const remove = useAction('deleteNotificationChannel', deliveriesToo)
  const turnOff = async () => {
    setBusy(true)
    try {
      await unsubscribeBrowser()
      if (channelId !== undefined) await remove.mutateAsync({ channelId })
      toast('This browser is told no longer')
    } catch {
      toast('It was not turned off entirely. Try again.', 'bad')
    } finally {
      setBusy(false)
      await queryClient.invalidateQueries({ queryKey: stateKey })
    }
  }
  return (
    <Button busy={isBusy} onClick={() => void turnOff()}>
      Turn off
    </Button>
  )
}

function CannotBe({ why }: { why: NoPush }) {
  const [title, text] = reasons[why]
  return (
    <Notice title={title}>
      <p>{text}</p>
    </Notice>
  )
}

const reasons: Readonly<Record<NoPush, readonly [title: string, text: string]>> = {
  insecure: [
    'Browsers push only to pages with https.',
    'You opened the vault by plain http. Open it by its https address, or on its own machine by http://localhost. The channels below work in any case.',
  ],
  'not-installed': [
    'Put Sallyport on the home screen first.',
    'iPhones and iPads push only to installed apps: press Share, Add to Home Screen, open Sallyport from there, and come back to this page.',
  ],
  unsupported: [
    'This browser cannot be pushed to.',
    'It has no web push, or a private window in which there is none. Take another browser, or one of the channels below.',
  ],
}

function Denied() {
  return (
    <Notice tone="warn" title="The browser forbids notifications of this page.">
      <p>
        You, or whoever set it up, said so. Press the sign before the address of this page, open the
        site’s settings, set Notifications to Allow, and load the page again.
      </p>
    </Notice>
  )
}
