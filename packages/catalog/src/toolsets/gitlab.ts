import { flag, must, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const project = {
  project: text('The project: its number, or its full path such as "group/project"', {
    maxLength: 255,
  }),
}
const iid = whole('Its number within the project', [1, 2_147_483_647])
const pages = {
  per_page: whole('How many to answer', [1, 100], 20),
  page: whole('Which page, counted from 1', [1, 10_000], 1),
}

/** https://docs.gitlab.com/api/rest/ */
export const gitlab: TemplateSource = {
  ...{ id: 'gitlab', version: 1, service: 'gitlab', title: 'GitLab' },
  description: 'Find projects, read and write issues and merge requests, and follow pipelines.',
  origin: 'https://gitlab.com',
  tools: [
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists projects, those that the account is a member of unless told otherwise.',
      request: 'GET /api/v4/projects',
      query: {
        search: text('Only with this in their names'),
        membership: flag('Only those that the account is a member of', true),
        order_by: oneOf(
          'By what to sort',
          ['created_at', 'last_activity_at', 'name'],
          'created_at',
        ),
        ...pages,
      },
    },
    {
      name: 'list_issues',
      title: 'List issues',
      description: 'Lists the issues of a project, newest first.',
      request: 'GET /api/v4/projects/{project}/issues',
      path: project,
      query: {
        state: oneOf('Which ones', ['opened', 'closed', 'all'], 'opened'),
        labels: text('Only with all of these labels, with commas between them'),
        search: text('Only with this in title or description'),
        ...pages,
      },
    },
    {
      name: 'get_issue',
      title: 'Read an issue',
      description: 'Reads one issue with its description and labels.',
      request: 'GET /api/v4/projects/{project}/issues/{issue_iid}',
      path: { ...project, issue_iid: iid },
    },
    {
      name: 'create_issue',
      title: 'Open an issue',
      description: 'Opens an issue in a project. Its members may be told by e-mail.',
      request: 'POST /api/v4/projects/{project}/issues',
      path: project,
      json: {
        title: must(text('What it is about, in one line', { maxLength: 255 })),
        description: text('The text, in GitLab’s Markdown', { maxLength: 1_048_576 }),
        labels: text('Labels, with commas between them'),
        confidential: flag('Whether only members of the project see it', false),
      },
    },
    {
      name: 'comment_on_issue',
      title: 'Comment on an issue',
      description: 'Writes a comment under an issue.',
      request: 'POST /api/v4/projects/{project}/issues/{issue_iid}/notes',
      path: { ...project, issue_iid: iid },
      json: { body: must(text('The comment, in GitLab’s Markdown')) },
    },
    {
      name: 'list_merge_requests',
      title: 'List merge requests',
      description: 'Lists the merge requests of a project, newest first.',
      request: 'GET /api/v4/projects/{project}/merge_requests',
      path: project,
      query: {
        state: oneOf('Which ones', ['opened', 'closed', 'merged', 'all'], 'opened'),
        target_branch: text('Only into this branch'),
        ...pages,
      },
    },
    {
      name: 'get_merge_request',
      title: 'Read a merge request',
      description: 'Reads one merge request, and whether it can be merged.',
      request: 'GET /api/v4/projects/{project}/merge_requests/{merge_request_iid}',
      path: { ...project, merge_request_iid: iid },
    },
    {
      name: 'list_pipelines',
      title: 'List pipelines',
      description: 'Lists the pipelines of a project with their status, newest first.',
      request: 'GET /api/v4/projects/{project}/pipelines',
      path: project,
      query: {
        ref: text('Only of this branch or tag'),
        status: oneOf('Only with this status', [
          'running',
          'pending',
          'success',
          'failed',
          'canceled',
        ]),
        ...pages,
      },
    },
  ],
}
