import { CloudOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { useConnectionState } from '../events.ts'
import { Button } from './button.tsx'
import { Notice, ProblemNotice } from './notice.tsx'

interface EmptyStateProps {
  readonly title: string
  /** Why there is nothing, and what would make something come. */
  readonly children?: ReactNode
  readonly icon?: ReactNode
  readonly action?: ReactNode
}

/** There is nothing here, and that is in order. */
export function EmptyState({ title, children, icon, action }: EmptyStateProps) {
  return (
    <div className="grid justify-items-center gap-2 rounded-lg border border-dashed border-line px-6 py-12 text-center">
      {icon !== undefined && <div className="text-ink-soft [&_svg]:size-7">{icon}</div>}
      <h2 className="font-semibold">{title}</h2>
      {children !== undefined && (
        <div className="max-w-md text-[0.93rem] text-ink-soft">{children}</div>
      )}
      {action !== undefined && <div className="mt-2">{action}</div>}
    </div>
  )
}

/** What was asked for did not come: what happened, what to do next, and another try. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => unknown }) {
  const retry = onRetry && (
    <Button size="sm" onClick={() => void onRetry()}>
      Try again
    </Button>
  )
  return <ProblemNotice error={error} action={retry} />
}

/** Above a page whose content may be out of date. */
export function OfflineBanner() {
  const state = useConnectionState()
  if (state !== 'offline') return null
  return (
    <Notice tone="warn" alert title="You are offline.">
      <p className="flex items-center gap-1.5">
        <CloudOff aria-hidden="true" className="size-4" /> What is shown may be out of date. It is
        brought up to date when the network is back.
      </p>
    </Notice>
  )
}
