import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router'
import type { TakeAnswer } from '../authorization-response.ts'
import { NotFoundPage } from '../pages/not-found/not-found-page.tsx'

/** What pages get beside the address. */
export interface RouterContext {
  readonly queryClient: QueryClient
  /** Of the link that was opened, to set up or to join; empty where there was none. */
  readonly linkToken: string
  /** Of the provider that sent the browser back, once. */
  readonly takeAnswer: TakeAnswer
}

/** Around every page. */
export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})
