import type { Vendor } from '../schema.ts'

const origins = ['https://api.pagerduty.com', 'https://api.eu.pagerduty.com']

/** https://developer.pagerduty.com. Its OAuth is left out: it answers with an id_token that nobody asked for. */
export const pagerduty: Vendor = {
  provider: {
    id: 'pagerduty',
    name: 'PagerDuty',
    documentation: 'https://developer.pagerduty.com',
  },
  services: [
    {
      id: 'pagerduty',
      name: 'PagerDuty',
      provider: 'pagerduty',
      category: 'infrastructure',
      icon: 'pagerduty',
      singleton: false,
      origins,
      // Whoever writes with a key of the account says for whom.
      requestHeaders: ['from'],
      credentials: [
        {
          kind: 'header',
          name: 'Authorization',
          prefix: 'Token token=',
          label: 'API key',
          hint: 'Create it under Integrations → API Access Keys, or a key of your own under My Profile → User Settings.',
          url: 'https://support.pagerduty.com/main/docs/api-access-keys',
        },
      ],
      probe: { path: '/abilities' },
      documentation: 'https://developer.pagerduty.com/api-reference/',
      actions: [
        {
          id: 'pagerduty-read',
          label: 'Read incidents',
          description: 'Read incidents, services, schedules and who is on call.',
          allow: origins.map((origin) => ({
            origin,
            methods: ['GET'],
            paths: [
              '/abilities',
              '/incidents',
              '/incidents/*',
              '/incidents/*/alerts',
              '/incidents/*/notes',
              '/services',
              '/services/*',
              '/schedules',
              '/schedules/*',
              '/oncalls',
              '/users',
              '/users/*',
            ],
          })),
          approval: 'never',
        },
        {
          id: 'pagerduty-write',
          label: 'Handle incidents',
          description:
            'Open, acknowledge and resolve incidents, and note; an owner is asked each time.',
          allow: origins.flatMap((origin) => [
            { origin, methods: ['POST'], paths: ['/incidents', '/incidents/*/notes'] },
            { origin, methods: ['PUT'], paths: ['/incidents', '/incidents/*'] },
          ]),
          approval: 'always',
        },
      ],
    },
  ],
}
