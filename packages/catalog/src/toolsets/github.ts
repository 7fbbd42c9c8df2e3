import { must, oneOf, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const repository = {
  owner: text('The account that owns the repository, such as "octocat"', { maxLength: 100 }),
  repo: text('The name of the repository without its owner', { maxLength: 100 }),
}
const number = whole('Its number within the repository', [1, 2_147_483_647])
const pages = {
  per_page: whole('How many to answer', [1, 100], 30),
  page: whole('Which page, counted from 1', [1, 10_000], 1),
}

/** https://docs.github.com/en/rest */
export const github: TemplateSource = {
  id: 'github',
  version: 1,
  service: 'github',
  title: 'GitHub',
  description: 'Find and read code, issues and pull requests, and write issues and comments.',
  origin: 'https://api.github.com',
  headers: { 'x-github-api-version': '2022-11-28', accept: 'application/vnd.github+json' },
  tools: [
    {
      name: 'search_issues',
      title: 'Search issues and pull requests',
      description:
        'Searches issues and pull requests of all repositories that the account can read. The query takes GitHub’s qualifiers, such as "repo:octocat/hello is:issue is:open label:bug".',
      request: 'GET /search/issues',
      query: {
        q: must(text('What to search for, with qualifiers', { maxLength: 256 })),
        sort: oneOf('By what to sort; by relevance unless given', [
          'comments',
          'created',
          'updated',
        ]),
        order: oneOf('Which end first', ['asc', 'desc'], 'desc'),
        ...pages,
      },
    },
    {
      name: 'list_repositories',
      title: 'List repositories',
      description: 'Lists the repositories that the account can see, the last pushed to first.',
      request: 'GET /user/repos',
      query: {
        visibility: oneOf('Which ones', ['all', 'public', 'private'], 'all'),
        sort: oneOf('By what to sort', ['created', 'updated', 'pushed', 'full_name'], 'pushed'),
        ...pages,
      },
    },
    {
      name: 'list_issues',
      title: 'List issues',
      description:
        'Lists the issues of a repository, newest first. Pull requests stand among them: those have the member pull_request.',
      request: 'GET /repos/{owner}/{repo}/issues',
      path: repository,
      query: {
        state: oneOf('Open ones, closed ones or both', ['open', 'closed', 'all'], 'open'),
        labels: text('Only with all of these labels, with commas between them'),
        assignee: text('Only those of this account; * for any, none for nobody’s'),
        since: text('Only those updated since then: RFC 3339 in UTC', { format: 'date-time' }),
        ...pages,
      },
    },
    {
      name: 'get_issue',
      title: 'Read an issue',
      description: 'Reads one issue, or one pull request as an issue, with its text and labels.',
      request: 'GET /repos/{owner}/{repo}/issues/{issue_number}',
      path: { ...repository, issue_number: number },
    },
    {
      name: 'create_issue',
      title: 'Open an issue',
      description: 'Opens an issue in a repository. Everybody who watches the repository is told.',
      request: 'POST /repos/{owner}/{repo}/issues',
      path: repository,
      json: {
        title: must(text('What it is about, in one line', { maxLength: 256 })),
        body: text('The text, in Markdown', { maxLength: 65_536 }),
        labels: texts('Labels that the repository has'),
        assignees: texts('Accounts to give it to', 10),
      },
    },
    {
      name: 'update_issue',
      title: 'Change an issue',
      description: 'Changes an issue, or closes it. What is not given stays as it is.',
      request: 'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
      path: { ...repository, issue_number: number },
      json: {
        title: text('Another title', { maxLength: 256 }),
        body: text('Another text, in place of the whole of it', { maxLength: 65_536 }),
        state: oneOf('Whether it is open', ['open', 'closed']),
        state_reason: oneOf('Why it was closed', ['completed', 'not_planned', 'reopened']),
        labels: texts('All its labels; those that are not named are taken off'),
      },
    },
    {
      name: 'comment_on_issue',
      title: 'Comment on an issue',
      description: 'Writes a comment under an issue or a pull request.',
      request: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
      path: { ...repository, issue_number: number },
      json: { body: must(text('The comment, in Markdown', { maxLength: 65_536 })) },
    },
    {
      name: 'list_pull_requests',
      title: 'List pull requests',
      description: 'Lists the pull requests of a repository, newest first.',
      request: 'GET /repos/{owner}/{repo}/pulls',
      path: repository,
      query: {
        state: oneOf('Open ones, closed ones or both', ['open', 'closed', 'all'], 'open'),
        head: text('Only from this branch: owner:branch'),
        base: text('Only into this branch'),
        ...pages,
      },
    },
    {
      name: 'get_pull_request',
      title: 'Read a pull request',
      description: 'Reads one pull request: its text, its branches, and whether it can be merged.',
      request: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      path: { ...repository, pull_number: number },
    },
    {
      name: 'get_readme',
      title: 'Read the README',
      description: 'Reads the README of a repository; its content is in base64.',
      request: 'GET /repos/{owner}/{repo}/readme',
      path: repository,
      query: { ref: text('Of this branch, tag or commit; of the default branch unless given') },
    },
  ],
}
