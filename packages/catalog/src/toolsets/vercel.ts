import { oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const team = { teamId: text('Id of the team, where it is not the account’s own') }
const deployment = { deployment: text('Id or host of the deployment', { maxLength: 200 }) }

/** https://vercel.com/docs/rest-api */
export const vercel: TemplateSource = {
  ...{ id: 'vercel', version: 1, service: 'vercel', title: 'Vercel' },
  description: 'Follow projects and deployments.',
  origin: 'https://api.vercel.com',
  tools: [
    {
      name: 'list_teams',
      title: 'List teams',
      description: 'Lists teams with their ids.',
      request: 'GET /v2/teams',
    },
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists projects.',
      request: 'GET /v9/projects',
      query: {
        search: text('Only with this in their names'),
        limit: whole('How many to answer', [1, 100], 20),
        ...team,
      },
    },
    {
      name: 'list_deployments',
      title: 'List deployments',
      description: 'Lists deployments with their state, newest first.',
      request: 'GET /v6/deployments',
      query: {
        projectId: text('Only of this project'),
        target: oneOf('Only of this kind', ['production', 'preview']),
        state: oneOf('Only in this state', ['BUILDING', 'ERROR', 'QUEUED', 'READY', 'CANCELED']),
        limit: whole('How many to answer', [1, 100], 20),
        ...team,
      },
    },
    {
      name: 'get_deployment',
      title: 'Read a deployment',
      description: 'Reads one deployment: its state, address and commit.',
      request: 'GET /v13/deployments/{deployment}',
      path: deployment,
      query: team,
    },
    {
      name: 'get_build_log',
      title: 'Read a build’s log',
      description: 'Reads what the build of a deployment wrote.',
      request: 'GET /v3/deployments/{deployment}/events',
      path: deployment,
      query: { limit: whole('How many lines', [1, 1000], 200), ...team },
    },
    {
      name: 'cancel_deployment',
      title: 'Cancel a deployment',
      description: 'Ends the build of a deployment that is not ready yet.',
      request: 'PATCH /v12/deployments/{deployment}/cancel',
      ...{ effect: 'removes', idempotent: true },
      path: deployment,
      query: team,
    },
  ],
}
