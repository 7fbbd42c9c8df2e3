import { must, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const organization = { organization: text('Slug of the organization', { maxLength: 100 }) }
const issue = { ...organization, issue_id: text('Number of the issue', { maxLength: 30 }) }
const period = text('How far back, such as 24h or 14d', {
  ...{ pattern: '^[1-9][0-9]{0,3}[mhdw]$', examples: ['14d'], default: '14d' },
})

/** https://docs.sentry.io/api/ */
export const sentry: TemplateSource = {
  ...{ id: 'sentry', version: 1, service: 'sentry', title: 'Sentry' },
  description: 'Find and read errors, and resolve or ignore them.',
  origin: 'https://sentry.io',
  tools: [
    {
      name: 'list_organizations',
      title: 'List organizations',
      description: 'Lists organizations with their slugs.',
      request: 'GET /api/0/organizations/',
    },
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists the projects of an organization.',
      request: 'GET /api/0/organizations/{organization}/projects/',
      path: organization,
    },
    {
      name: 'search_issues',
      title: 'Search issues',
      description:
        'Finds issues by Sentry’s query, such as "is:unresolved level:error project:api".',
      request: 'GET /api/0/organizations/{organization}/issues/',
      path: organization,
      query: {
        query: text('The query', { default: 'is:unresolved' }),
        sort: oneOf('By what to sort', ['date', 'freq', 'new', 'user'], 'date'),
        statsPeriod: period,
        limit: whole('How many to answer', [1, 100], 25),
      },
    },
    {
      name: 'get_issue',
      title: 'Read an issue',
      description: 'Reads one issue: what it is, how often, since when, and whose it is.',
      request: 'GET /api/0/organizations/{organization}/issues/{issue_id}/',
      path: issue,
    },
    {
      name: 'get_latest_event',
      title: 'Read an event of an issue',
      description:
        'Reads one event of an issue with its stack trace: the latest, the oldest or the most telling.',
      request: 'GET /api/0/organizations/{organization}/issues/{issue_id}/events/{event}/',
      path: { ...issue, event: oneOf('Which one', ['latest', 'oldest', 'recommended'], 'latest') },
    },
    {
      name: 'set_issue_status',
      title: 'Resolve or ignore an issue',
      description: 'Sets what an issue’s status is.',
      request: 'PUT /api/0/organizations/{organization}/issues/{issue_id}/',
      path: issue,
      json: { status: must(oneOf('The status', ['resolved', 'unresolved', 'ignored'])) },
    },
  ],
}
