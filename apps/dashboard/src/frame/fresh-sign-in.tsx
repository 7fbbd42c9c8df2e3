import { useContext, useSyncExternalStore } from 'react'
import { lazyPart } from '../components/lazy-part.tsx'
import { FreshSignInContext } from '../fresh-sign-in.ts'

const FreshSignInDialog = lazyPart(
  async () => (await import('../components/fresh-sign-in-dialog.tsx')).FreshSignInDialog,
)

/** The dialog for what needs a fresh sign-in, loaded when something first does. Once, in the frame. */
export function FreshSignIn() {
  const freshSignIn = useContext(FreshSignInContext)
  const isOpen = useSyncExternalStore(freshSignIn.subscribe, freshSignIn.isOpen)
  return isOpen ? <FreshSignInDialog /> : null
}
