import { customService, type Service } from '@sallyport/catalog'
import { createConnection, startConnection } from '@sallyport/contracts'
import type { z } from 'zod'
import { originFits } from './origin-fits.ts'

// What the operations take, with what the catalog says of a service besides.

/** `createConnection` for this service. */
export const newConnectionSchema = (service: Service) =>
  createConnection.input.superRefine((input, context) => {
    checkOrigins(service, input.origins, context)
    const { credential } = input
    if (!('tokenEndpoint' in credential) || !/[{}]/.test(credential.tokenEndpoint)) return
    context.addIssue({
      code: 'custom',
      path: ['credential', 'tokenEndpoint'],
      message: 'must have your own part in place of what stands in braces',
    })
  })

/** `startConnection` for this service. */
export const startSchema = (service: Service) =>
  startConnection.input.superRefine((input, context) =>
    checkOrigins(service, input.origins, context),
  )

function checkOrigins(
  service: Service,
  origins: readonly string[] | undefined,
  context: z.RefinementCtx,
): void {
  const { originPattern } = service
  if (originPattern === undefined) {
    if (service.id === customService.id && origins === undefined) {
      context.addIssue({ code: 'custom', path: ['origins'], message: 'must be given' })
    }
    return
  }
  for (const [index, origin] of (origins ?? ['']).entries()) {
    if (originFits(origin, originPattern.pattern) || service.origins.includes(origin)) continue
    context.addIssue({
      code: 'custom',
      path: ['origins', index],
      message: `must look like ${originPattern.example}`,
    })
  }
}
