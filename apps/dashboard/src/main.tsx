import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api.ts'
import { takeAuthorizationResponse } from './authorization-response.ts'
import { createEvents, EventsContext, eventsPath } from './events.ts'
import { createFreshSignIn, FreshSignInContext } from './fresh-sign-in.ts'
import { isTokenLink, takeLinkToken } from './link-token.ts'
import { createAppRouter } from './router.tsx'
import { forgetPerson, watchPerson } from './session.ts'
import './styles.css'
import { applyTheme, readTheme } from './theme.ts'

// Builds the page: what every part of it needs is made here and handed in by context.

applyTheme(readTheme())
// zod otherwise tries `new Function`, which the Content-Security-Policy forbids and reports. This is what its `config()` sets,
// without loading zod before a page needs it.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })
// Nothing adds a style element today. A part of Radix that does takes the answer's nonce from here, and is refused without.
setNonce(document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '')

const queryClient = createQueryClient(() => void goToSignIn())
const router = createAppRouter({
  queryClient,
  linkToken: takeLinkToken(),
  takeAnswer: takeAuthorizationResponse(),
})
const events = createEvents({
  queryClient,
  openSource: () => new EventSource(eventsPath),
  isOnline: () => navigator.onLine,
  random: Math.random,
})
const freshSignIn = createFreshSignIn()

async function goToSignIn(): Promise<void> {
  const { pathname, href } = router.state.location
  if (['/sign-in', '/sign-in/callback', '/setup', '/invite'].includes(pathname)) return
  // What waits for a fresh sign-in was begun by this person: whoever signs in next must not finish it.
  freshSignIn.answer(false)
  await router.navigate({ to: '/sign-in', search: { next: href } })
  // Nor is what was shown for whoever goes back.
  forgetPerson(queryClient)
}

// Nothing of the one person's page, half-done or shown, is for the other.
watchPerson(queryClient, () => location.reload())

router.subscribe('onBeforeLoad', ({ fromLocation, pathChanged }) => {
  if (fromLocation !== undefined && pathChanged) document.documentElement.dataset.moved = ''
})
// Another such link, pasted into the same page, would otherwise change its fragment and nothing else.
window.addEventListener('hashchange', () => {
  if (isTokenLink()) location.reload()
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <EventsContext value={events}>
        <FreshSignInContext value={freshSignIn}>
          <RouterProvider router={router} />
        </FreshSignInContext>
      </EventsContext>
    </QueryClientProvider>
  </StrictMode>,
)
