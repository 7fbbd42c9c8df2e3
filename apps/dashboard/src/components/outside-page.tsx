import type { ReactNode } from 'react'
import { PageHeader } from './page-header.tsx'

interface OutsidePageProps {
  readonly title: string
  readonly description?: ReactNode
  readonly children?: ReactNode
}

/** A page for somebody who is not signed in: one thing to do, in the middle. */
export function OutsidePage({ title, description, children }: OutsidePageProps) {
  return (
    <main className="mx-auto max-w-md px-4 py-[clamp(2rem,10vh,6rem)]">
      <img src="/icon.svg" alt="" width="40" height="40" className="mb-5" />
      <PageHeader title={title} description={description} />
      {children}
    </main>
  )
}
