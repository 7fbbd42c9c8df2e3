import type { JsonWebKey, KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/contracts'

// The keys of the audit log, and that there may be newer ones than those that this vault has.

/** The keys that are in force in a chain from one change of keys to the next. */
export interface EpochKeys {
  /** 1, and one more with each change. */
  readonly version: number
  /** The HMAC-SHA-256 key of a workspace's chain. */
  macKey(workspaceId: string): KeyObject
  /** Ed25519. */
  sign(bytes: Uint8Array): Uint8Array
  readonly publicKey: KeyObject
  readonly publicKeyJwk: JsonWebKey
}

/** All keys that this vault knows. */
export interface AuditKeyRing {
  /** Oldest first; one at least. */
  epochs(): readonly EpochKeys[]
  /** Learns of keys that somebody made since. */
  refresh(): Promise<void>
}

/** The head of a chain is not of these keys: somebody changed it from outside, or there are newer keys. */
export class ForeignHead extends Problem {
  constructor() {
    super('audit-unavailable', 'The audit log has been changed from outside.', {
      next: 'The operator runs the verification of the audit log, which names the first bad entry.',
    })
  }
}

/** The keys that new records are written with. */
export function newestOf(ring: Pick<AuditKeyRing, 'epochs'>): EpochKeys {
  const newest = ring.epochs().at(-1)
  if (newest === undefined) throw new Error('the audit log has no keys')
  return newest
}

/** Works with the newest keys that are known, and once more, where it met a head of newer ones, with those. */
export async function withNewestKeys<T>(
  ring: AuditKeyRing,
  work: (keys: EpochKeys) => Promise<T>,
): Promise<T> {
  const keys = newestOf(ring)
  try {
    return await work(keys)
  } catch (error) {
    if (!(error instanceof ForeignHead)) throw error
    await ring.refresh()
    const now = newestOf(ring)
    if (now.version === keys.version) throw error
    return await work(now)
  }
}
