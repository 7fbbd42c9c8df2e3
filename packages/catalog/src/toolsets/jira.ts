import { must, object, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const site = {
  cloud_id: text('Id of the site, a UUID from list_sites', { maxLength: 40 }),
}
const issue = {
  ...site,
  issue: text('Key of the issue, such as PROJ-123, or its number', { maxLength: 100 }),
}
const document = (what: string) =>
  object(
    `${what}, as an Atlassian document: {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "…"}]}]}`,
  )

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/ */
export const jira: TemplateSource = {
  ...{ id: 'jira', version: 1, service: 'jira', title: 'Jira' },
  description: 'Search, read and write issues, move them on, and comment.',
  origin: 'https://api.atlassian.com',
  tools: [
    {
      name: 'list_sites',
      title: 'List sites',
      description:
        'Lists the Jira sites that the account can reach; their ids are the cloud_id of all other tools.',
      request: 'GET /oauth/token/accessible-resources',
    },
    {
      name: 'search_issues',
      title: 'Search issues',
      description:
        'Finds issues by JQL, such as "project = PROJ AND status != Done ORDER BY updated DESC".',
      request: 'POST /ex/jira/{cloud_id}/rest/api/3/search/jql',
      effect: 'reads',
      path: site,
      json: {
        jql: must(text('The query', { maxLength: 10_000 })),
        fields: {
          schema: {
            ...{ type: 'array', items: { type: 'string' }, description: 'Which fields to answer' },
            default: ['summary', 'status', 'assignee', 'priority', 'updated'],
          },
        },
        maxResults: whole('How many to answer', [1, 100], 50),
        nextPageToken: text('nextPageToken of the page before'),
      },
    },
    {
      name: 'get_issue',
      title: 'Read an issue',
      description: 'Reads one issue with its fields.',
      request: 'GET /ex/jira/{cloud_id}/rest/api/3/issue/{issue}',
      path: issue,
      query: { fields: text('Which fields, with commas between them; all unless given') },
    },
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists projects with their keys.',
      request: 'GET /ex/jira/{cloud_id}/rest/api/3/project/search',
      path: site,
      query: {
        query: text('Only with this in name or key'),
        maxResults: whole('How many to answer', [1, 100], 50),
        startAt: whole('How many to skip', [0, 100_000], 0),
      },
    },
    {
      name: 'create_issue',
      title: 'Open an issue',
      description: 'Opens an issue in a project.',
      request: 'POST /ex/jira/{cloud_id}/rest/api/3/issue',
      path: site,
      json: {
        fields: must({
          schema: {
            ...{ type: 'object', required: ['project', 'summary', 'issuetype'] },
            description: 'The fields of the issue; others of the project may stand beside these',
            properties: {
              project: object('The project', { key: must(text('Its key')) }).schema,
              summary: text('What it is about, in one line', { maxLength: 255 }).schema,
              issuetype: object('The kind', {
                name: must(text('Its name', { examples: ['Task', 'Bug'] })),
              }).schema,
              description: document('The text').schema,
              labels: texts('Labels without spaces').schema,
            },
          },
        }),
      },
    },
    {
      name: 'list_transitions',
      title: 'List where an issue can move',
      description: 'Lists the transitions that an issue can take now, with their ids.',
      request: 'GET /ex/jira/{cloud_id}/rest/api/3/issue/{issue}/transitions',
      path: issue,
    },
    {
      name: 'move_issue',
      title: 'Move an issue on',
      description: 'Takes an issue through a transition, such as to Done.',
      request: 'POST /ex/jira/{cloud_id}/rest/api/3/issue/{issue}/transitions',
      effect: 'changes',
      path: issue,
      json: { transition: must(object('Which one', { id: must(text('Id of the transition')) })) },
    },
    {
      name: 'comment_on_issue',
      title: 'Comment on an issue',
      description: 'Writes a comment under an issue.',
      request: 'POST /ex/jira/{cloud_id}/rest/api/3/issue/{issue}/comment',
      path: issue,
      json: { body: must(document('The comment')) },
    },
  ],
}
