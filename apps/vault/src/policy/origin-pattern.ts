import { compileSegmentPattern, matchesSegment, type SegmentPattern } from './path-pattern.ts'

/** An origin of an allow entry: scheme and port exact; in the host `*` stands for a run inside one label. */
export interface CompiledOriginPattern {
  /** The origin as written; the whole comparison where the host has no star. */
  readonly exact: string
  readonly wild?: {
    readonly before: string
    readonly labels: readonly SegmentPattern[]
    readonly port: string
  }
}

const originParts = /^([a-z]+:\/\/)([^/:[\]]*)((?::\d+)?)$/

/** Compiles the origin of an allow entry. */
export function compileOriginPattern(origin: string): CompiledOriginPattern {
  const parts = origin.includes('*') ? originParts.exec(origin) : null
  if (parts === null) return { exact: origin }
  const [, before = '', host = '', port = ''] = parts
  return {
    exact: origin,
    wild: { before, labels: host.split('.').map(compileSegmentPattern), port },
  }
}

/**
 * Whether an origin, as WHATWG writes it, fits. Compared exactly: another scheme, another port or one more label is
 * another origin.
 */
export function matchesOrigin(pattern: CompiledOriginPattern, origin: string): boolean {
  if (pattern.wild === undefined) return origin === pattern.exact
  const { before, labels, port } = pattern.wild
  const parts = originParts.exec(origin)
  if (parts === null || parts[1] !== before || parts[3] !== port) return false
  const host = (parts[2] ?? '').split('.')
  return (
    host.length === labels.length &&
    labels.every((label, at) => matchesSegment(label, host[at] ?? ''))
  )
}
