import type { OAuthProvider } from '../fixtures/oauth-provider.ts'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { createVisitor } from '../fixtures/visitor.ts'

/** Goes on, in a browser of the owner, with what a terminal printed; answers what the vault then says. */
export async function goOnInBrowser(
  vault: { readonly url: string },
  provider: Pick<OAuthProvider, 'consent'>,
  { flowId, account = 'alice' }: { readonly flowId: string; readonly account?: string },
) {
  const browser = createVisitor(vault.url)
  await browser.signIn(ownerEmail, ownerPassword)
  const { body } = await browser.ask('POST', `/api/v1/connections/flows/${flowId}/continue`)
  const callback = new URL(await provider.consent(String(body.authorizationUrl), { account }))
  return browser.ask('GET', `${callback.pathname}${callback.search}`)
}
