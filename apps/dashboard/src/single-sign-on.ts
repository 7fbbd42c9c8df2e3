import { Problem } from '@sallyport/contracts'

/** Where the tab ends in which somebody has proved again who they are: the page on which providers' answers arrive. */
export const signedInAgainPath = '/sign-in/callback'

/**
 * Opens a tab for a provider's page. To be called at once when somebody presses a button: later a browser takes it for a
 * pop-up. `go` leads it there, `close` takes it away. Throws a Problem where the browser lets no tab be opened.
 */
export function openTab(): { go(url: string): void; close(): void } {
  const tab = window.open('about:blank', '_blank')
  if (tab === null) {
    throw new Problem('internal-error', 'Your browser lets this page open no tab.', {
      next: 'Allow pop-ups for this page, or sign in again by the menu.',
    })
  }
  return {
    go(url) {
      if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) tab.location.replace(url)
      else tab.close()
    },
    close: () => tab.close(),
  }
}
