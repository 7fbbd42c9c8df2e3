import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { PageHeader } from '../../components/page-header.tsx'

const places = [
  ['/settings/account', 'Account'],
  ['/settings/notifications', 'Notifications'],
  ['/settings/members', 'Members'],
  ['/settings/tokens', 'Tokens'],
  ['/settings/oauth-apps', 'OAuth apps'],
  ['/settings/single-sign-on', 'Single sign-on'],
  ['/settings/alerts', 'Alerts'],
  ['/settings/mail-server', 'Mail server'],
  ['/settings/audit-streams', 'Audit streams'],
  ['/settings/workspace', 'Workspace'],
] as const

/** Around the pages of the settings. */
export function SettingsPage() {
  const nav = useRef<HTMLElement>(null)
  const path = useLocation({ select: ({ pathname }) => pathname })
  // On a phone the places are wider than the screen, and where one is may stand beyond its edge. Another path is what makes
  // another link the current one.
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current="page"]')
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [path])
  return (
    <>
      <PageHeader title="Settings" />
      <nav
        ref={nav}
        aria-label="Settings"
        className="mb-5 flex gap-1 overflow-x-auto border-b border-line"
      >
        {places.map(([to, label]) => (
          <Link
            key={to}
            to={to}
            className="-mb-px min-h-9 shrink-0 border-b-2 border-transparent px-2.5 text-[0.93rem] text-ink-soft hover:text-ink"
            activeProps={{ className: 'border-accent! font-medium text-ink!' }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  )
}
