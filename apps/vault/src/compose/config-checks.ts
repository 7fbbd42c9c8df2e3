import type { ConfigChecks } from '../config.ts'
import { parseRootKey } from '../credentials/root-key.ts'
import { createAddressRules } from '../egress/address-rules.ts'
import { createClientAddress } from '../http/client-address.ts'
import { findNamedUser, readCommandList } from '../upstreams/programs/programs.ts'

/** Asks the rooms that use a value of the environment, before anything is opened. */
export const configChecks: ConfigChecks = {
  SALLYPORT_ROOT_KEY: parseRootKey,
  SALLYPORT_ROOT_KEY_NEXT: parseRootKey,
  SALLYPORT_EGRESS_ALLOW_CIDRS: (allowCidrs) => createAddressRules({ allowCidrs, denyCidrs: [] }),
  SALLYPORT_EGRESS_DENY_CIDRS: (denyCidrs) => createAddressRules({ allowCidrs: [], denyCidrs }),
  SALLYPORT_UPSTREAM_COMMANDS: readCommandList,
  SALLYPORT_UPSTREAM_USER: findNamedUser,
  SALLYPORT_TRUSTED_PROXIES: createClientAddress,
}
