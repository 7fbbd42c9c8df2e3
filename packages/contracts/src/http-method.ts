import { z } from 'zod'

/** The methods that the vault sends, in capitals; anything else is refused. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export const HttpMethod = z.enum(httpMethods)
export type HttpMethod = z.infer<typeof HttpMethod>
