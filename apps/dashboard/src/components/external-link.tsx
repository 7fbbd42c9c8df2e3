import { ExternalLink as Icon } from 'lucide-react'
import type { ReactNode } from 'react'

/** A link to somebody else's page, in a tab of its own, which learns nothing of this one. */
export function ExternalLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      className="text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent"
    >
      {children}
      <Icon aria-hidden="true" className="mb-0.5 ml-1 inline size-3.5" />
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  )
}
