import type { z } from 'zod'
import type { CredentialSlot } from '../schema.ts'

/** How Google's APIs take accounts, and service accounts beside them. */
export const googleCredentials: z.input<typeof CredentialSlot>[] = [
  { kind: 'oauth2' },
  {
    kind: 'jwt-service-account',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    label: 'Key file of a service account',
    hint: 'IAM & Admin, Service accounts, Keys. It acts for itself, or for a person where domain-wide delegation allows it.',
    url: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
  },
]
