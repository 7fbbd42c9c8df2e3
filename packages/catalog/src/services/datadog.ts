import type { Vendor } from '../schema.ts'

/** One for each site: an organisation lives on one of them. */
const origins = [
  'https://api.datadoghq.com',
  'https://api.us3.datadoghq.com',
  'https://api.us5.datadoghq.com',
  'https://api.datadoghq.eu',
  'https://api.ap1.datadoghq.com',
  'https://api.ap2.datadoghq.com',
  'https://api.uk1.datadoghq.com',
]

/**
 * https://docs.datadoghq.com/api. Access tokens stand alone; an application key goes with the API key of the organisation,
 * each in a header of its own.
 */
export const datadog: Vendor = {
  provider: {
    id: 'datadog',
    name: 'Datadog',
    documentation: 'https://docs.datadoghq.com/api/latest/',
  },
  services: [
    {
      id: 'datadog',
      name: 'Datadog',
      provider: 'datadog',
      category: 'infrastructure',
      icon: 'datadog',
      singleton: false,
      origins,
      credentials: [
        {
          kind: 'bearer',
          label: 'Personal or service access token (ddpat_…, ddsat_…)',
          hint: 'Create it under Personal Settings → Access Tokens, with scopes such as monitors_read, dashboards_read and logs_read_data.',
          url: 'https://docs.datadoghq.com/account_management/personal-access-tokens/',
        },
        {
          kind: 'several',
          label: 'API key and application key',
          hint: 'Find both under Organization Settings → API Keys and Application Keys; scope the application key where you can.',
          url: 'https://docs.datadoghq.com/account_management/api-app-keys/',
          parts: [
            { kind: 'header', name: 'DD-API-KEY', label: 'API key' },
            { kind: 'header', name: 'DD-APPLICATION-KEY', label: 'Application key' },
          ],
        },
      ],
      probe: { path: '/api/v1/monitor?page=0&page_size=1' },
      documentation: 'https://docs.datadoghq.com/api/latest/',
      actions: [
        {
          id: 'datadog-read',
          label: 'Read monitoring',
          description: 'Read monitors, dashboards and metrics, and search logs.',
          allow: origins.flatMap((origin) => [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v1/monitor',
                '/api/v1/monitor/*',
                '/api/v1/dashboard',
                '/api/v1/dashboard/*',
                '/api/v1/query',
                '/api/v2/logs/events',
              ],
            },
            { origin, methods: ['POST'], paths: ['/api/v2/logs/events/search'] },
          ]),
          approval: 'never',
        },
        {
          id: 'datadog-monitors',
          label: 'Change monitors',
          description: 'Create and change monitors; an owner is asked each time.',
          allow: origins.flatMap((origin) => [
            { origin, methods: ['POST'], paths: ['/api/v1/monitor'] },
            { origin, methods: ['PUT'], paths: ['/api/v1/monitor/*'] },
          ]),
          approval: 'writes',
        },
        {
          id: 'datadog-downtime',
          label: 'Silence alerts',
          description: 'Schedule and cancel downtimes; an owner is asked each time.',
          allow: origins.flatMap((origin) => [
            { origin, methods: ['POST'], paths: ['/api/v2/downtime'] },
            { origin, methods: ['DELETE'], paths: ['/api/v2/downtime/*'] },
          ]),
          approval: 'always',
        },
      ],
    },
  ],
}
