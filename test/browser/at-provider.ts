import type { Page } from 'playwright-core'

/** What somebody does at the provider's own pages. */
interface Visit {
  /** The `sub` of the account; not asked for where the browser is signed in there still. */
  readonly account: string
  readonly deny?: true
  /** Scopes whose tick is taken away. */
  readonly without?: readonly string[]
}

/** Signs in and consents, or says no, in the provider's pages; resolves when the browser is back at the vault. */
export async function visitProvider(page: Page, vaultUrl: string, visit: Visit): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const back = () => page.url().startsWith(vaultUrl)
  const asks = (name: string) => page.getByRole('heading', { name, exact: true })
  await page.waitForURL((url) => url.origin !== vaultUrl)
  const signIn = asks('Sign in')
  const consent = asks('Allow access')
  await signIn.or(consent).first().waitFor()
  if (await signIn.isVisible()) {
    await page.getByLabel('Account').selectOption(visit.account)
    await press(visit.deny ? 'Deny' : 'Continue')
    await page.waitForURL((url) => url.origin === vaultUrl || /interaction/.test(url.pathname))
    if (visit.deny || back()) return
    await consent.waitFor()
  }
  for (const scope of visit.without ?? []) await page.getByLabel(scope, { exact: true }).uncheck()
  await press(visit.deny ? 'Deny' : 'Continue')
  await page.waitForURL((url) => url.origin === vaultUrl)
}
