import { customType, timestamp } from 'drizzle-orm/pg-core'

/** `bytea`. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
})

/** A point in time, to the millisecond. */
export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** When a row was made. */
export const createdAt = () => at('created_at').notNull().defaultNow()
