import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleUser, LogOut, UserCog } from 'lucide-react'
import { useState } from 'react'
import { useAction } from '../api.ts'
import { Menu, MenuChoice, MenuItem, MenuSeparator } from '../components/menu.tsx'
import { useSession } from '../session.ts'
import { chooseTheme, readTheme, type Theme } from '../theme.ts'

const themeOptions = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** Who is signed in, and what concerns only them. */
export function UserMenu({ compact = false }: { compact?: boolean }) {
  const session = useSession()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [theme, setTheme] = useState<Theme>(readTheme)
  const signOut = useAction('signOut', {
    onDone: () => {
      queryClient.clear()
      void navigate({ to: '/sign-in' })
    },
  })
  const change = (next: Theme) => {
    chooseTheme(next)
    setTheme(next)
  }
  const email = session?.owner.email ?? ''
  const trigger = (
    <button
      type="button"
      aria-label={`Account ${email}`}
      className="flex min-h-10 min-w-0 items-center gap-2 rounded-md px-2 text-[0.93rem] text-ink-soft hover:bg-sunken hover:text-ink"
    >
      <CircleUser aria-hidden="true" className="size-5 shrink-0" />
      {!compact && <span className="truncate">{email}</span>}
    </button>
  )
  return (
    <Menu trigger={trigger} align={compact ? 'end' : 'start'}>
      <MenuItem onSelect={() => void navigate({ to: '/settings/account' })}>
        <UserCog aria-hidden="true" /> Account
      </MenuItem>
      <MenuSeparator />
      <MenuChoice label="Theme" value={theme} options={themeOptions} onChange={change} />
      <MenuSeparator />
      <MenuItem onSelect={() => signOut.mutate({})}>
        <LogOut aria-hidden="true" /> Sign out
      </MenuItem>
    </Menu>
  )
}
