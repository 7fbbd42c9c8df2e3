import type { OwnerScope } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
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
