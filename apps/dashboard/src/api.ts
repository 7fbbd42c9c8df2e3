import {
  type CallOf,
  type OperationId,
  type OutputOf,
  type operations,
  Problem,
} from '@sallyport/contracts'
import { createClient, routes } from '@sallyport/sdk'
import {
  MutationCache,
  QueryCache,
  QueryClient,
  type UseMutationResult,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useContext } from 'react'
import { FreshSignInContext } from './fresh-sign-in.ts'

// The vault, as the pages see it: queries and actions by the operations of the contracts, over the SDK and a session's cookie.

type Operations = typeof operations
export type Input<Id extends OperationId> = CallOf<Operations[Id]>
export type Output<Id extends OperationId> = OutputOf<Operations[Id]>

/** Not asked again within this time unless an event says that something changed. */
const freshMs = 10_000
/** What was sent, passwords among it, and secrets that are shown once are not kept for longer than they are looked at. */
const sentKeptMs = 1_000

export const client = createClient({ baseUrl: location.origin, auth: { kind: 'cookie' } })

/** The noun of an operation, as events name it: the first part of its path after the plane (`/api/v1/agents/…`: agents). */
function nounOf(id: OperationId): string {
  return routes[id].path.replace(/^\/(api\/)?v1\//, '').split('/', 1)[0] ?? ''
}

/** A read of the vault, as `useQuery` and the query client take it. */
export interface Query<Id extends OperationId> {
  readonly queryKey: readonly [noun: string, id: Id, input: Input<Id>]
  readonly queryFn: (context: { signal: AbortSignal }) => Promise<Output<Id>>
}

/** What `useQuery` and friends take, for an operation that reads. */
export function query<Id extends OperationId>(id: Id, input: Input<Id>): Query<Id> {
  return {
    queryKey: [nounOf(id), id, input],
    queryFn: ({ signal }) => client.call(id, input, { signal }),
  }
}

/** Operations that list. */
export type PagedId = {
  [Id in OperationId]: Output<Id> extends { readonly nextCursor?: string | undefined } ? Id : never
}[OperationId]

/** A list of the vault, as `useInfiniteQuery` takes it. */
export interface Pages<Id extends PagedId> {
  readonly queryKey: readonly [noun: string, id: Id, kind: 'pages', input: object]
  readonly queryFn: (context: {
    signal: AbortSignal
    pageParam: string | undefined
  }) => Promise<Output<Id>>
  readonly initialPageParam: string | undefined
  readonly getNextPageParam: (last: Output<Id>) => string | undefined
}

/** What `useInfiniteQuery` takes, for an operation that lists: one page after the other by `nextCursor`. */
export function pages<Id extends PagedId>(id: Id, input: Omit<Input<Id>, 'cursor'>): Pages<Id> {
  return {
    queryKey: [nounOf(id), id, 'pages', input],
    queryFn: ({ signal, pageParam }) => {
      const cursor = pageParam === undefined ? {} : { cursor: pageParam }
      return client.call(id, { ...input, ...cursor } as Input<Id>, { signal })
    },
    initialPageParam: undefined,
    getNextPageParam: (last) => (last as { nextCursor?: string }).nextCursor,
  }
}

interface ActionOptions<Id extends OperationId> {
  /** Nouns whose queries are asked again; the operation's own noun always is. */
  readonly invalidates?: readonly string[]
  readonly onDone?: (output: Output<Id>, input: Input<Id>) => void
}

/**
 * A mutation by an operation that changes something. Where the vault asks for a fresh sign-in, the person is asked and the
 * operation is tried again. Its error is always a Problem.
 */
export function useAction<Id extends OperationId>(
  id: Id,
  options: ActionOptions<Id> = {},
): UseMutationResult<Output<Id>, Problem, Input<Id>> {
  const queryClient = useQueryClient()
  const freshSignIn = useContext(FreshSignInContext)
  return useMutation<Output<Id>, Problem, Input<Id>>({
    mutationFn: async (input) => {
      try {
        return await client.call(id, input)
      } catch (thrown) {
        if (!isFreshSignInRequired(thrown) || !(await freshSignIn.ask())) throw asProblem(thrown)
        return await client.call(id, input)
      }
    },
    onSuccess: (output, input) => {
      for (const noun of [nounOf(id), ...(options.invalidates ?? [])]) {
        void queryClient.invalidateQueries({ queryKey: [noun] })
      }
      options.onDone?.(output, input)
    },
  })
}

const isFreshSignInRequired = (thrown: unknown) =>
  thrown instanceof Problem && thrown.type === 'fresh-sign-in-required'

/** Any failure as a Problem, so that a page can say what happened and what to do next. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem('internal-error', 'Something went wrong in this page.', {
    next: 'Reload the page.',
    cause: thrown,
  })
}

/** The cache of what the vault answered. `onSignedOut` is told when it answers that nobody is signed in. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof Problem && error.type === 'unauthenticated') onSignedOut()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The SDK tries again by itself where that makes sense.
      queries: { retry: false, staleTime: freshMs },
      mutations: { retry: false, gcTime: sentKeptMs },
    },
  })
}
