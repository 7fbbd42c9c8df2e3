import type { OwnerScope } from '@sallyport/contracts'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { type Output, query } from './api.ts'

/** Who is signed in, where, and what they may do. */
export type Session = Output<'getSession'>

export const sessionQuery = () => query('getSession', {})

/** The session, for what is inside the frame; undefined while nobody is signed in. */
export function useSession(): Session | undefined {
  return useQuery(sessionQuery()).data
}

/** Whether the person who is signed in may do what needs this scope. The vault decides; this only spares a refusal. */
export function useMay(scope: OwnerScope): boolean {
  return useSession()?.scopes.includes(scope) === true
}

/** Forgets all that was shown to somebody; how one can sign in is said to anybody, and is being asked for when this is called. */
export function forgetPerson(queryClient: QueryClient): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[1] !== 'getSignInMethods' })
  queryClient.getMutationCache().clear()
}

/**
 * Tells when the vault answers as another person than the one whose data this page shows: all tabs share one session, and
 * somebody has signed in in another. Signing in in this tab sets the session and is not told.
 */
export function watchPerson(queryClient: QueryClient, onOther: () => void): void {
  let known: string | undefined
  queryClient.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return
    const [, operation] = event.query.queryKey
    if (operation !== 'getSession') return
    const { id } = (event.query.state.data as Session).owner
    const isOther = known !== undefined && known !== id && event.action.manual !== true
    known = id
    if (isOther) onOther()
  })
}
