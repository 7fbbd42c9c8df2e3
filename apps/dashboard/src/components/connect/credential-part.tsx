import { AnyKeyFields, SlotFields } from './key-fields.tsx'
import {
  AwsFields,
  ClientCredentialsFields,
  HowToGet,
  RefreshTokenFields,
} from './machine-fields.tsx'
import { ServiceAccountFields } from './service-account-fields.tsx'
import type { Way } from './ways.ts'

/** The fields of `credential`, by the way that was chosen. */
export function CredentialPart({ way }: { way: Way }) {
  switch (way.kind) {
    case 'key':
      return <SlotFields slot={way.slot} />
    case 'client-credentials':
      return (
        <>
          <HowToGet slot={way.slot} />
          <ClientCredentialsFields />
        </>
      )
    case 'service-account':
      return (
        <>
          <HowToGet slot={way.slot} />
          <ServiceAccountFields />
        </>
      )
    case 'aws':
      return (
        <>
          <HowToGet slot={way.slot} />
          <AwsFields />
        </>
      )
    case 'refresh-token':
      return <RefreshTokenFields />
    case 'any-key':
      return <AnyKeyFields />
    case 'account':
      return null
  }
}
