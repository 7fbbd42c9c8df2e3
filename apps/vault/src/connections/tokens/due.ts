/** Less than this is left, and the renewal is begun; of a short life a fifth is. */
const soonMsMax = 5 * 60_000
const soonShare = 0.2
/** Connections made at one time are not renewed at one time: this much of the margin is spread. */
const spreadShare = 0.3
/** Less than this is left, and the renewal is waited for: a request takes time to get where the token is read. */
const nowMs = 10_000

/** `soon`: renew it beside the requests, which go on with it. `now`: wait for the renewal, if there can be one. */
export type Due = 'no' | 'soon' | 'now'

/** Says whether an access token is due, by what is left of its life in ms; never where the provider names no end. */
export function dueOf(token: {
  readonly leftMs: number | null
  readonly lifeMs: number | null
  readonly connectionId: string
}): Due {
  const { leftMs, lifeMs, connectionId } = token
  if (leftMs === null) return 'no'
  if (leftMs < nowMs) return 'now'
  const margin = Math.min(soonMsMax, Math.max(0, lifeMs ?? soonMsMax / soonShare) * soonShare)
  return leftMs < margin * (1 - spreadShare * spreadOf(connectionId)) ? 'soon' : 'no'
}

/** Between 0 and 1, and the same for a connection each time: FNV-1a, stirred so that ids that are alike fall apart. */
function spreadOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}
