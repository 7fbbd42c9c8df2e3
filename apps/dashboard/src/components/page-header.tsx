import { type ReactNode, useEffect, useRef } from 'react'

interface PageHeaderProps {
  /** Also the document's title. */
  readonly title: string
  /** What the heading shows where that is more than text (a name that an agent chose). */
  readonly heading?: ReactNode
  readonly description?: ReactNode
  /** Buttons at the right. */
  readonly actions?: ReactNode
  /** A link up, above the heading. */
  readonly up?: ReactNode
}

/** The heading of a page. Names the document, and takes the focus when somebody comes here. */
export function PageHeader({ title, heading, description, actions, up }: PageHeaderProps) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Sallyport`
  }, [title])
  useEffect(() => {
    // Whoever opens the dashboard begins at its top; the heading is for whoever came here from another page of it.
    if (document.documentElement.dataset.moved === undefined) return
    // A page that is one form begins in its first field.
    if (document.activeElement?.matches('input, textarea, select') === true) return
    ref.current?.focus({ preventScroll: true })
  }, [])
  return (
    <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {up !== undefined && <div className="mb-1 text-[0.87rem]">{up}</div>}
        <h1
          ref={ref}
          tabIndex={-1}
          className="text-[1.45rem] leading-tight font-semibold tracking-[-0.01em]"
        >
          {heading ?? title}
        </h1>
        {description !== undefined && (
          <div className="mt-1 max-w-2xl text-ink-soft">{description}</div>
        )}
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
    </header>
  )
}
