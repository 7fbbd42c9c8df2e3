import { callerCredentialLine } from '@sallyport/contracts'

/** Says what callers send along to a connection for which the vault keeps no credential. */
export const howToPass = (connectionId: string): string[] => [
  `Each caller sends with its calls: ${callerCredentialLine(connectionId)}`,
  `sallyport-mcp: SALLYPORT_CALLER_CREDENTIAL="${connectionId} <credential>"`,
]
