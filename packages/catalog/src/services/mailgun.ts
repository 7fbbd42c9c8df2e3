import type { Vendor } from '../schema.ts'

/** US and EU: a domain lives in one of them. */
const origins = ['https://api.mailgun.net', 'https://api.eu.mailgun.net']

/** https://documentation.mailgun.com */
export const mailgun: Vendor = {
  provider: { id: 'mailgun', name: 'Mailgun', documentation: 'https://documentation.mailgun.com' },
  services: [
    {
      id: 'mailgun',
      name: 'Mailgun',
      provider: 'mailgun',
      category: 'mail-and-calendar',
      icon: 'mailgun',
      singleton: false,
      origins,
      credentials: [
        {
          kind: 'basic',
          usernameLabel: 'User name',
          username: 'api',
          label: 'API key',
          hint: 'Create one under API security; a sending key of a domain can only send.',
          url: 'https://app.mailgun.com/settings/api_security',
        },
      ],
      probe: { path: '/v4/domains?limit=1' },
      documentation: 'https://documentation.mailgun.com/docs/mailgun/api-reference',
      actions: [
        {
          id: 'mailgun-read',
          label: 'Read events',
          description: 'Read domains, and what became of the mail that was sent.',
          allow: origins.map((origin) => ({
            origin,
            methods: ['GET'],
            paths: ['/v4/domains', '/v4/domains/*', '/v3/*/events', '/v3/*/bounces'],
          })),
          approval: 'never',
        },
        {
          id: 'mailgun-send',
          label: 'Send mail',
          description: 'Send mail; an owner is asked each time.',
          allow: origins.map((origin) => ({
            origin,
            methods: ['POST'],
            paths: ['/v3/*/messages'],
          })),
          approval: 'always',
        },
      ],
    },
  ],
}
