import type { Vendor } from '../schema.ts'

const api = 'https://api.twilio.com'
const messaging = 'https://messaging.twilio.com'

/** https://www.twilio.com/docs */
export const twilio: Vendor = {
  provider: { id: 'twilio', name: 'Twilio', documentation: 'https://www.twilio.com/docs' },
  services: [
    {
      id: 'twilio',
      name: 'Twilio',
      provider: 'twilio',
      category: 'business',
      icon: 'twilio',
      singleton: false,
      origins: [api, messaging],
      credentials: [
        {
          kind: 'basic',
          usernameLabel: 'API key SID (SK…) or account SID (AC…)',
          label: 'API key secret or auth token',
          hint: 'Create a standard API key, or take the auth token of the account.',
          url: 'https://console.twilio.com/us1/account/keys-credentials/api-keys',
        },
      ],
      // A standard key may not read /Accounts, and every other path of the main host holds the account’s SID.
      probe: { origin: messaging, path: '/v1/Services?PageSize=1' },
      documentation: 'https://www.twilio.com/docs/usage/api',
      actions: [
        {
          id: 'twilio-read',
          label: 'Read messages and calls',
          description: 'List messages, calls and phone numbers.',
          allow: [
            {
              origin: api,
              methods: ['GET'],
              paths: [
                '/2010-04-01/Accounts/*/Messages.json',
                '/2010-04-01/Accounts/*/Messages/*.json',
                '/2010-04-01/Accounts/*/Calls.json',
                '/2010-04-01/Accounts/*/Calls/*.json',
                '/2010-04-01/Accounts/*/IncomingPhoneNumbers.json',
              ],
            },
            { origin: messaging, methods: ['GET'], paths: ['/v1/Services'] },
          ],
          approval: 'never',
        },
        {
          id: 'twilio-send',
          label: 'Send messages',
          description:
            'Send SMS and WhatsApp messages, which cost money; an owner is asked each time.',
          allow: [
            {
              origin: api,
              methods: ['POST'],
              paths: ['/2010-04-01/Accounts/*/Messages.json'],
            },
          ],
          approval: 'always',
        },
        {
          id: 'twilio-call',
          label: 'Make calls',
          description: 'Call phone numbers, which costs money; an owner is asked each time.',
          allow: [{ origin: api, methods: ['POST'], paths: ['/2010-04-01/Accounts/*/Calls.json'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
