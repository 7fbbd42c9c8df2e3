/** Why a browser cannot be told, where it cannot. */
export type NoPush = 'insecure' | 'not-installed' | 'unsupported'

/** What a browser says of itself. */
export interface BrowserTraits {
  /** https, or this very machine: nowhere else is there a service worker. */
  readonly isSecure: boolean
  readonly hasServiceWorker: boolean
  readonly hasPush: boolean
  readonly userAgent: string
  readonly touchPoints: number
}

/** Whether messages can be pushed to this browser; undefined where they can. */
export function findNoPush(traits: BrowserTraits): NoPush | undefined {
  if (!traits.isSecure) return 'insecure'
  if (traits.hasServiceWorker && traits.hasPush) return undefined
  return isApplePhone(traits) ? 'not-installed' : 'unsupported'
}

/** iPadOS says that it is a Mac, which has no touch screen. */
const isApplePhone = ({ userAgent, touchPoints }: BrowserTraits) =>
  /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes('Macintosh') && touchPoints > 1)
