import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'

/**
 * A part of a page in a chunk of its own, loaded when it is first shown: a dialog with a form, a long list. Keeps what a page
 * loads before it shows anything small.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ReactNode = null,
): ComponentType<Props> {
  const Part = lazy(async () => ({ default: (await load()) as ComponentType<object> }))
  return function LazyPart(props: Props) {
    return (
      <Suspense fallback={fallback}>
        <Part {...props} />
      </Suspense>
    )
  }
}
