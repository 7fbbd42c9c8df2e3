import type { z } from 'zod'
import type { Service } from '../schema.ts'

const github = 'https://api.github.com'
const openai = 'https://api.openai.com'
const anthropic = 'https://api.anthropic.com'

/** What developers build with: a key of one's own is enough to connect each. */
export const developerServices: z.input<typeof Service>[] = [
  {
    id: 'github',
    name: 'GitHub',
    provider: 'github',
    icon: 'github',
    singleton: false,
    origins: [github],
    documentation: 'https://docs.github.com/rest',
    actions: [
      {
        id: 'github-read',
        label: 'Read repositories',
        description: 'Read repositories, issues, pull requests and one’s own profile.',
        allow: [
          {
            origin: github,
            methods: ['GET'],
            paths: ['/user', '/user/repos', '/repos/*/*', '/repos/*/*/**', '/search/*'],
          },
        ],
        approval: 'never',
        // OAuth apps have no scope that only reads private repositories.
        scopes: ['repo', 'read:user'],
      },
      {
        id: 'github-issues',
        label: 'Write issues',
        description: 'Open and change issues and comment on them; an owner is asked each time.',
        allow: [
          {
            origin: github,
            methods: ['POST', 'PATCH'],
            paths: [
              '/repos/*/*/issues',
              '/repos/*/*/issues/*',
              '/repos/*/*/issues/*/comments',
              '/repos/*/*/issues/comments/*',
            ],
          },
        ],
        approval: 'writes',
        scopes: ['repo'],
      },
    ],
  },
  {
    id: 'openai',
    name: 'OpenAI',
    provider: 'openai',
    icon: 'openai',
    singleton: true,
    origins: [openai],
    documentation: 'https://platform.openai.com/docs/api-reference',
    actions: [
      {
        id: 'openai-generate',
        label: 'Ask models',
        description: 'List models, ask them, and make embeddings.',
        allow: [
          { origin: openai, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
          {
            origin: openai,
            methods: ['POST'],
            paths: ['/v1/responses', '/v1/chat/completions', '/v1/embeddings'],
          },
        ],
        approval: 'never',
      },
    ],
  },
  {
    id: 'anthropic',
    name: 'Anthropic',
    provider: 'anthropic',
    icon: 'anthropic',
    singleton: true,
    origins: [anthropic],
    documentation: 'https://docs.anthropic.com/en/api',
    actions: [
      {
        id: 'anthropic-generate',
        label: 'Ask models',
        description: 'List models, ask them and count tokens.',
        allow: [
          { origin: anthropic, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
          {
            origin: anthropic,
            methods: ['POST'],
            paths: ['/v1/messages', '/v1/messages/count_tokens'],
          },
        ],
        approval: 'never',
      },
    ],
  },
]
