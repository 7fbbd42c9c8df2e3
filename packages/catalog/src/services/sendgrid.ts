import type { Vendor } from '../schema.ts'

const origin = 'https://api.sendgrid.com'

/** https://www.twilio.com/docs/sendgrid */
export const sendgrid: Vendor = {
  provider: {
    id: 'sendgrid',
    name: 'SendGrid',
    documentation: 'https://www.twilio.com/docs/sendgrid',
  },
  services: [
    {
      id: 'sendgrid',
      name: 'SendGrid',
      provider: 'sendgrid',
      category: 'mail-and-calendar',
      icon: 'sendgrid',
      singleton: false,
      origins: [origin],
      responseHeaders: ['x-message-id'],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key (SG.…)',
          hint: 'Create a key with restricted access, such as Mail Send.',
          url: 'https://app.sendgrid.com/settings/api_keys',
        },
      ],
      probe: { path: '/v3/scopes' },
      documentation: 'https://www.twilio.com/docs/sendgrid/api-reference',
      actions: [
        {
          id: 'sendgrid-read',
          label: 'Read statistics',
          description: 'Read templates, statistics and whom mail did not reach.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v3/scopes',
                '/v3/templates',
                '/v3/templates/*',
                '/v3/stats',
                '/v3/suppression/bounces',
                '/v3/suppression/bounces/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'sendgrid-send',
          label: 'Send mail',
          description: 'Send mail; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/v3/mail/send'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
