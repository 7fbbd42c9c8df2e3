import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { ErrorState } from './states.tsx'

/** In the place of a page that could not be shown. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = async () => {
    reset()
    await router.invalidate()
  }
  return (
    <main className="mx-auto max-w-2xl px-4 py-10">
      <h1 className="sr-only">This page could not be shown</h1>
      <ErrorState error={error} onRetry={retry} />
    </main>
  )
}
