import type { ConfigChecks } from '../config.ts'
import { parseRootKey } from '../credentials/root-key.ts'
import { createAddressRules } from '../egress/address-rules.ts'
import { createClientAddress } from '../http/client-address.ts'

/** Asks the rooms that use a value of the environment, before anything is opened. */
export const configChecks: ConfigChecks = {
  SALLYPORT_ROOT_KEY: parseRootKey,
  SALLYPORT_EGRESS_ALLOW_CIDRS: (allowCidrs) => createAddressRules({ allowCidrs, denyCidrs: [] }),
  SALLYPORT_EGRESS_DENY_CIDRS: (denyCidrs) => createAddressRules({ allowCidrs: [], denyCidrs }),
  SALLYPORT_TRUSTED_PROXIES: createClientAddress,
}
