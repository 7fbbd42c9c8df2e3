import { must, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const task = { task_id: text('Id of the task', { maxLength: 40 }) }
const pages = {
  limit: whole('How many to answer', [1, 200], 50),
  cursor: text('next_cursor of the page before'),
}
const written = {
  content: text('What is to be done, in one line', { maxLength: 500 }),
  description: text('More about it', { maxLength: 16_000 }),
  due_string: text('When, in words', { examples: ['tomorrow at 12:00', 'every friday'] }),
  priority: whole('1 is ordinary, 4 is urgent', [1, 4]),
  labels: texts('Names of labels'),
}

/** https://developer.todoist.com/api/v1/ */
export const todoist: TemplateSource = {
  ...{ id: 'todoist', version: 1, service: 'todoist', title: 'Todoist' },
  description: 'Read, make and finish tasks.',
  origin: 'https://api.todoist.com',
  tools: [
    {
      name: 'list_tasks',
      title: 'List tasks',
      description: 'Lists tasks that are not done.',
      request: 'GET /api/v1/tasks',
      query: {
        project_id: text('Only of this project'),
        label: text('Only with this label'),
        ...pages,
      },
    },
    {
      name: 'get_task',
      title: 'Read a task',
      description: 'Reads one task.',
      request: 'GET /api/v1/tasks/{task_id}',
      path: task,
    },
    {
      name: 'list_projects',
      title: 'List projects',
      description: 'Lists projects with their ids.',
      request: 'GET /api/v1/projects',
      query: pages,
    },
    {
      name: 'create_task',
      title: 'Make a task',
      description: 'Makes a task, in the inbox unless a project is given.',
      request: 'POST /api/v1/tasks',
      json: { ...written, content: must(written.content), project_id: text('Id of the project') },
    },
    {
      name: 'update_task',
      title: 'Change a task',
      description: 'Changes a task. What is not given stays as it is.',
      request: 'POST /api/v1/tasks/{task_id}',
      ...{ effect: 'changes', idempotent: true },
      path: task,
      json: written,
    },
    {
      name: 'finish_task',
      title: 'Finish a task',
      description: 'Marks a task as done; one that repeats moves on to its next time.',
      request: 'POST /api/v1/tasks/{task_id}/close',
      effect: 'changes',
      path: task,
    },
  ],
}
