import { flag, must, object, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const gid = (what: string) => text(`gid of the ${what}`, { maxLength: 40 })
const fields = {
  opt_fields: text('Which members to answer, with commas between them', {
    examples: ['name,completed,due_on,assignee.name'],
  }),
}
const pages = {
  limit: whole('How many to answer', [1, 100], 50),
  offset: text('next_page.offset of the page before'),
}
const written = {
  name: text('What is to be done, in one line'),
  notes: text('More about it'),
  assignee: text('gid or address of the person, or "me"'),
  due_on: text('The day it is due: YYYY-MM-DD', { format: 'date' }),
}

/** https://developers.asana.com/reference/rest-api-reference */
export const asana: TemplateSource = {
  ...{ id: 'asana', version: 1, service: 'asana', title: 'Asana' },
  description: 'Find, read, make and finish tasks, and comment on them.',
  origin: 'https://app.asana.com',
  tools: [
    {
      name: 'list_workspaces',
      title: 'List workspaces',
      description: 'Lists workspaces with their gids.',
      request: 'GET /api/1.0/workspaces',
      query: pages,
    },
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists the projects of a workspace.',
      request: 'GET /api/1.0/workspaces/{workspace_gid}/projects',
      path: { workspace_gid: gid('workspace') },
      query: { archived: flag('Archived ones, or those that are not', false), ...fields, ...pages },
    },
    {
      name: 'list_tasks',
      title: 'List tasks',
      description: 'Lists the tasks of a project.',
      request: 'GET /api/1.0/projects/{project_gid}/tasks',
      path: { project_gid: gid('project') },
      query: {
        completed_since: text('Only those not done by then; "now" for those not done yet'),
        ...fields,
        ...pages,
      },
    },
    {
      name: 'get_task',
      title: 'Read a task',
      description: 'Reads one task.',
      request: 'GET /api/1.0/tasks/{task_gid}',
      path: { task_gid: gid('task') },
      query: fields,
    },
    {
      name: 'create_task',
      title: 'Make a task',
      description: 'Makes a task in a workspace or a project.',
      request: 'POST /api/1.0/tasks',
      json: {
        data: must(
          object('The task', {
            ...written,
            name: must(written.name),
            workspace: gid('workspace, where no project is given'),
            projects: {
              schema: {
                ...{ type: 'array', items: { type: 'string' }, maxItems: 10 },
                description: 'gids of projects',
              },
            },
          }),
        ),
      },
    },
    {
      name: 'update_task',
      title: 'Change a task',
      description: 'Changes a task, or marks it as done. What is not given stays as it is.',
      request: 'PUT /api/1.0/tasks/{task_gid}',
      path: { task_gid: gid('task') },
      json: {
        data: must(object('What changes', { ...written, completed: flag('Done or not') })),
      },
    },
    {
      name: 'comment_on_task',
      title: 'Comment on a task',
      description: 'Writes a comment under a task. Its followers are told.',
      request: 'POST /api/1.0/tasks/{task_gid}/stories',
      path: { task_gid: gid('task') },
      json: { data: must(object('The comment', { text: must(text('The text')) })) },
    },
  ],
}
