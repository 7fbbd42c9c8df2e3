import { Outlet } from '@tanstack/react-router'
import { Menu as MenuIcon } from 'lucide-react'
import { useContext, useEffect, useState } from 'react'
import { IconButton } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { OfflineBanner } from '../components/states.tsx'
import { ToastRegion } from '../components/toast.tsx'
import { EventsContext, useConnectionState } from '../events.ts'
import { useSession } from '../session.ts'
import { Banners } from './banners.tsx'
import { FreshSignIn } from './fresh-sign-in.tsx'
import { BottomNavigation, SideNavigation } from './navigation.tsx'
import { usePendingCounts } from './pending-counts.ts'
import { UserMenu } from './user-menu.tsx'

/** What is around every page of somebody who is signed in. */
export function Frame() {
  const events = useContext(EventsContext)
  useEffect(() => events?.start(), [events])
  return (
    <div className="md:grid md:grid-cols-[17rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col gap-4 overflow-y-auto border-r border-line bg-surface px-3 py-4 md:flex">
        <Brand />
        <SideNavigation />
        <div className="mt-auto grid gap-1">
          <Liveness />
          <UserMenu />
        </div>
      </aside>
      <PhoneBar />
      <div className="min-w-0 pb-20 md:pb-10">
        <div className="mx-auto grid max-w-5xl gap-4 px-4 pt-5 md:px-8 md:pt-8">
          <OfflineBanner />
          <Banners />
          <main id="content" tabIndex={-1} className="min-w-0 outline-none">
            <Outlet />
          </main>
        </div>
      </div>
      <BottomNavigation />
      <ToastRegion />
      <FreshSignIn />
    </div>
  )
}

function Brand() {
  const workspace = useSession()?.workspace.name
  return (
    <div className="flex min-w-0 items-center gap-2.5 px-2">
      <img src="/icon.svg" alt="" width="26" height="26" />
      <div className="min-w-0 leading-tight">
        <div className="font-semibold">Sallyport</div>
        <div className="truncate text-[0.8rem] text-ink-soft">{workspace}</div>
      </div>
    </div>
  )
}

function PhoneBar() {
  const [open, setOpen] = useState(false)
  // All that has no place under the thumb.
  const { alerts } = usePendingCounts()
  return (
    <header className="sticky top-0 z-30 flex min-h-13 items-center gap-1 border-b border-line bg-surface px-2 md:hidden">
      <span className="relative">
        <IconButton
          label={alerts === undefined ? 'All pages' : `All pages, ${openAlerts(alerts)}`}
          onClick={() => setOpen(true)}
        >
          <MenuIcon aria-hidden="true" />
        </IconButton>
        {alerts !== undefined && (
          <span
            aria-hidden="true"
            className="pointer-events-none absolute top-2 right-2 size-2.5 rounded-full border-2 border-surface bg-accent"
          />
        )}
      </span>
      <div className="min-w-0 flex-1">
        <Brand />
      </div>
      <UserMenu compact />
      <Dialog title="Pages" open={open} onClose={() => setOpen(false)}>
        <SideNavigation onGo={() => setOpen(false)} />
        <div className="mt-3">
          <Liveness />
        </div>
      </Dialog>
    </header>
  )
}

const openAlerts = (count: string) => `${count} open ${count === '1' ? 'alert' : 'alerts'}`

const liveness = {
  connecting: ['bg-line-strong', 'Connecting'],
  live: ['bg-good', 'Live'],
  reconnecting: ['bg-warn', 'Reconnecting'],
  offline: ['bg-bad', 'Offline'],
} as const

function Liveness() {
  const [look, label] = liveness[useConnectionState()]
  return (
    <div role="status" className="flex items-center gap-2 px-2.5 text-[0.8rem] text-ink-soft">
      <span aria-hidden="true" className={`size-2 rounded-full ${look}`} />
      {label}
    </div>
  )
}
