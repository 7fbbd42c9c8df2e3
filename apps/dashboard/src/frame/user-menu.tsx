import type { Problem } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { CircleUser, LogOut, UserCog } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { useAction } from '../api.ts'
import { classes } from '../components/classes.ts'
import { useToast } from '../components/toast.tsx'
import { forgetPerson, useSession } from '../session.ts'
import { chooseTheme, readTheme, type Theme } from '../theme.ts'

const item =
  'flex min-h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-[0.93rem] hover:bg-sunken [&_svg]:size-4'

/** Who is signed in, and what concerns only them. */
export function UserMenu({ compact = false }: { compact?: boolean }) {
  const email = useSession()?.owner.email ?? ''
  const id = useId()
  const ref = useRef<HTMLDivElement>(null)
  const close = () => ref.current?.hidePopover()
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        aria-label={`Account ${email}`}
        className="flex min-h-10 min-w-0 items-center gap-2 rounded-md px-2 text-[0.93rem] text-ink-soft hover:bg-sunken hover:text-ink"
      >
        <CircleUser aria-hidden="true" className="size-5 shrink-0" />
        {!compact && <span className="truncate">{email}</span>}
      </button>
      <div
        ref={ref}
        id={id}
        popover="auto"
        className={classes(
          'inset-auto w-60 rounded-lg border border-line bg-surface p-1.5 text-ink shadow-lift',
          compact ? 'top-13 right-2' : 'bottom-16 left-3',
        )}
      >
        {compact && <p className="truncate px-2.5 py-1.5 text-[0.87rem] text-ink-soft">{email}</p>}
        <Link to="/settings/account" onClick={close} className={item}>
          <UserCog aria-hidden="true" /> Account
        </Link>
        <ThemeChoice />
        <SignOut />
      </div>
    </>
  )
}

const themeNames: readonly (readonly [Theme, string])[] = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(readTheme)
  const name = useId()
  const choose = (next: Theme) => {
    chooseTheme(next)
    setTheme(next)
  }
  return (
    <fieldset className="my-1.5 border-y border-line px-2.5 pt-1.5 pb-2.5">
      <legend className="sr-only">Theme</legend>
      <div aria-hidden="true" className="mb-1 text-[0.8rem] text-ink-soft">
        Theme
      </div>
      <div className="grid grid-cols-3 gap-0.5 rounded-md bg-sunken p-0.5">
        {themeNames.map(([value, label]) => (
          <label
            key={value}
            className="cursor-pointer rounded-[5px] py-1 text-center text-[0.87rem] has-checked:bg-surface has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={theme === value}
              onChange={() => choose(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function SignOut() {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const toast = useToast()
  const signOut = useAction('signOut', {
    onDone: () => {
      void navigate({ to: '/sign-in' }).then(() => forgetPerson(queryClient))
    },
  })
  // Whoever goes away has to know that they are still signed in.
  const onError = ({ type }: Problem) => {
    if (type !== 'unauthenticated') toast('You could not be signed out. Try again.', 'bad')
  }
  return (
    <button type="button" className={item} onClick={() => signOut.mutate({}, { onError })}>
      <LogOut aria-hidden="true" /> Sign out
    </button>
  )
}
