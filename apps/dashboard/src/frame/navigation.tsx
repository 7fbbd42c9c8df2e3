import type { OwnerScope } from '@sallyport/contracts'
import { Link } from '@tanstack/react-router'
import {
  Activity,
  BellRing,
  Bot,
  Database,
  Hand,
  Inbox,
  KeyRound,
  type LucideIcon,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  Wrench,
} from 'lucide-react'
import { classes } from '../components/classes.ts'
import { useSession } from '../session.ts'
import { usePendingCounts } from './pending-counts.ts'

interface Place {
  readonly to: string
  readonly label: string
  /** Where there is little room. */
  readonly short?: string
  readonly Icon: LucideIcon
  readonly counts?: 'approvals' | 'capabilityRequests' | 'connections' | 'alerts'
  /** Left out for those whose role does not include it. */
  readonly scope?: OwnerScope
}

const places: readonly Place[] = [
  { to: '/approvals', label: 'Approvals', Icon: Inbox, counts: 'approvals' },
  {
    to: '/capability-requests',
    label: 'Capability requests',
    short: 'Requests',
    Icon: Hand,
    counts: 'capabilityRequests',
  },
  { to: '/agents', label: 'Agents', Icon: Bot },
  { to: '/connections', label: 'Connections', Icon: KeyRound, counts: 'connections' },
  { to: '/toolsets', label: 'Tools', Icon: Wrench, scope: 'tools:read' },
  { to: '/servers', label: 'Servers', Icon: Server, scope: 'tools:read' },
  { to: '/databases', label: 'Databases', Icon: Database, scope: 'tools:read' },
  { to: '/policies', label: 'Policies', Icon: ShieldCheck },
  { to: '/alerts', label: 'Alerts', Icon: BellRing, counts: 'alerts', scope: 'audit:read' },
  { to: '/activity', label: 'Activity', Icon: Activity, scope: 'audit:read' },
  { to: '/audit', label: 'Audit', Icon: ScrollText, scope: 'audit:read' },
  { to: '/settings', label: 'Settings', Icon: Settings },
]
const onPhone = ['/approvals', '/capability-requests', '/agents', '/connections']

/** All pages, at the left of a wide screen and in the menu of a narrow one. */
export function SideNavigation({ onGo }: { onGo?: () => void }) {
  const counts = usePendingCounts()
  const scopes = useSession()?.scopes ?? []
  const shown = places.filter(({ scope }) => scope === undefined || scopes.includes(scope))
  return (
    <nav aria-label="Pages" className="grid gap-0.5">
      {shown.map(({ to, label, Icon, counts: counted }) => (
        <Link
          key={to}
          to={to}
          onClick={onGo}
          className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-ink-soft hover:bg-sunken hover:text-ink"
          activeProps={{ className: 'bg-sunken font-medium text-ink!' }}
        >
          <Icon aria-hidden="true" className="size-4.5 shrink-0" />
          <span className="flex-1 whitespace-nowrap">{label}</span>
          {counted !== undefined && <Count count={counts[counted]} />}
        </Link>
      ))}
    </nav>
  )
}

/** What an owner needs on the way, under the thumb. */
export function BottomNavigation() {
  const counts = usePendingCounts()
  return (
    <nav
      aria-label="Main pages"
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-4 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places
        .filter(({ to }) => onPhone.includes(to))
        .map(({ to, label, short, Icon, counts: counted }) => (
          <Link
            key={to}
            to={to}
            className="relative grid min-h-14 place-items-center content-center gap-0.5 text-[0.73rem] text-ink-soft"
            activeProps={{ className: 'text-accent! font-medium' }}
          >
            <Icon aria-hidden="true" className="size-5" />
            {short ?? label}
            {counted !== undefined && (
              <span className="absolute top-1 left-1/2 ml-1.5">
                <Count count={counts[counted]} />
              </span>
            )}
          </Link>
        ))}
    </nav>
  )
}

function Count({ count }: { count: string | undefined }) {
  if (count === undefined) return null
  return (
    <span
      className={classes(
        'inline-grid min-w-5 place-items-center rounded-full bg-accent px-1.5 text-[0.73rem] leading-5 font-semibold text-on-accent tabular-nums',
      )}
    >
      {count}
      <span className="sr-only"> waiting</span>
    </span>
  )
}
