import { z } from 'zod'
import { Provider, Service, type Vendor } from './schema.ts'

interface Parsed {
  readonly providers: readonly Provider[]
  readonly services: readonly Service[]
}

/** Gives the data its shape; throws an Error that names the field which has not the right one. */
export function parseVendors(vendors: readonly Vendor[]): Parsed {
  return {
    providers: vendors.map(({ provider }) => parse(Provider, provider, provider.id)),
    services: vendors.flatMap(({ services }) =>
      services.map((service) => parse(Service, service, service.id)),
    ),
  }
}

function parse<T extends z.ZodType>(schema: T, data: z.input<T>, id: string): z.output<T> {
  const result = schema.safeParse(data)
  if (result.success) return result.data
  throw new Error(`${id} of the catalog: ${z.prettifyError(result.error)}`)
}
