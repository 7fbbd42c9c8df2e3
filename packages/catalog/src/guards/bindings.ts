import { filesBindings } from './bindings/files.ts'
import { mailBindings } from './bindings/mail.ts'
import { otherBindings } from './bindings/others.ts'
import type { GuardBinding } from './guard-binding.ts'

/** By action template. What is not here is guarded by what its entries say alone. */
export const guardBindings: Readonly<Record<string, GuardBinding>> = {
  ...mailBindings,
  ...filesBindings,
  ...otherBindings,
}
