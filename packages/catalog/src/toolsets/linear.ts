import { must, object, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

// Linear has one address for everything: each tool is one query that is fixed here, and an agent gives its variables alone.

const issueFields =
  'id identifier title description url priority state { name } assignee { name } labels { nodes { name } } updatedAt'

/** https://linear.app/developers/graphql */
export const linear: TemplateSource = {
  ...{ id: 'linear', version: 1, service: 'linear', title: 'Linear' },
  description: 'Find, read and write issues and comments.',
  origin: 'https://api.linear.app',
  tools: [
    {
      name: 'list_teams',
      title: 'List teams',
      description: 'Lists the teams with their ids, keys and workflow states.',
      request: 'POST /graphql',
      effect: 'reads',
      always: {
        json: {
          query: 'query { teams { nodes { id key name states { nodes { id name type } } } } }',
        },
      },
    },
    {
      name: 'search_issues',
      title: 'Search issues',
      description: 'Finds issues by words.',
      request: 'POST /graphql',
      effect: 'reads',
      always: {
        json: {
          query: `query($term: String!, $first: Int) { searchIssues(term: $term, first: $first) { nodes { ${issueFields} } } }`,
        },
      },
      json: {
        variables: must(
          object('What to search for', {
            term: must(text('Words')),
            first: whole('How many to answer', [1, 100], 25),
          }),
        ),
      },
    },
    {
      name: 'list_issues',
      title: 'List issues',
      description:
        'Lists issues, filtered as Linear writes it, such as {"team": {"key": {"eq": "ENG"}}, "state": {"type": {"eq": "started"}}}.',
      request: 'POST /graphql',
      effect: 'reads',
      always: {
        json: {
          query: `query($filter: IssueFilter, $first: Int, $after: String) { issues(filter: $filter, first: $first, after: $after) { nodes { ${issueFields} } pageInfo { hasNextPage endCursor } } }`,
        },
      },
      json: {
        variables: object('Which ones', {
          filter: object('Linear’s IssueFilter'),
          first: whole('How many to answer', [1, 100], 25),
          after: text('endCursor of the page before'),
        }),
      },
    },
    {
      name: 'get_issue',
      title: 'Read an issue',
      description: 'Reads one issue with its comments.',
      request: 'POST /graphql',
      effect: 'reads',
      always: {
        json: {
          query: `query($id: String!) { issue(id: $id) { ${issueFields} comments { nodes { body createdAt user { name } } } } }`,
        },
      },
      json: {
        variables: must(
          object('Which one', { id: must(text('Its id, or its name such as ENG-123')) }),
        ),
      },
    },
    {
      name: 'create_issue',
      title: 'Open an issue',
      description: 'Opens an issue in a team.',
      request: 'POST /graphql',
      always: {
        json: {
          query: `mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { ${issueFields} } } }`,
        },
      },
      json: {
        variables: must(
          object('The issue', {
            input: must(
              object('What is known of it', {
                teamId: must(text('Id of the team')),
                title: must(text('What it is about, in one line', { maxLength: 255 })),
                description: text('The text, in Markdown'),
                priority: whole('0 none, 1 urgent, 2 high, 3 normal, 4 low', [0, 4]),
                stateId: text('Id of the workflow state'),
                assigneeId: text('Id of the person'),
                labelIds: texts('Ids of labels'),
              }),
            ),
          }),
        ),
      },
    },
    {
      name: 'comment_on_issue',
      title: 'Comment on an issue',
      description: 'Writes a comment under an issue.',
      request: 'POST /graphql',
      always: {
        json: {
          query:
            'mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id url } } }',
        },
      },
      json: {
        variables: must(
          object('The comment', {
            input: must(
              object('What it says', {
                issueId: must(text('Id of the issue')),
                body: must(text('The text, in Markdown')),
              }),
            ),
          }),
        ),
      },
    },
  ],
}
