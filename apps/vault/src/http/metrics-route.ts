import { createHash, timingSafeEqual } from 'node:crypto'
import { unauthenticated } from '../identity/unauthenticated.ts'
import type { App } from './app.ts'
import { answerMetrics, type CollectMetrics } from './operations-listener.ts'
import type { Responder } from './respond.ts'

export interface MetricsRouteNeeds {
  /** Undefined where the operator asked for no metrics here: then there is nothing at this address. */
  readonly token: { reveal(): string } | undefined
  readonly metrics: CollectMetrics | undefined
  readonly respond: Responder
  readonly requestId: () => string
}

/** Mounts `/metrics` for whoever has the operator’s token. Everybody else gets the one 401, whatever they sent. */
export function mountMetrics(app: App, needs: MetricsRouteNeeds): void {
  const { token, metrics, respond, requestId } = needs
  if (token === undefined || metrics === undefined) return
  const isRight = createTokenCheck(token.reveal())
  app.get('/metrics', (c) =>
    isRight(c.req.header('authorization'))
      ? answerMetrics(metrics)
      : respond.problem(unauthenticated(), requestId()),
  )
}

/** Compares in a time that says nothing of how much was right. */
function createTokenCheck(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(token)
  return (authorization) => {
    const [, given = ''] = /^Bearer (.*)$/i.exec(authorization ?? '') ?? []
    return timingSafeEqual(digest(given), expected)
  }
}
