/**
 * Is it on a host that the operator runs: an address, or this machine by its name? Such a one passes the rule of origins only where
 * the operator listed its range, and may stand in front of the service itself.
 */
export const isLocalGateway = ({ hostname }: URL): boolean =>
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|localhost)$/.test(hostname)
