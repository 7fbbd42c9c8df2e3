import type { Vendor } from '../schema.ts'

const apis = 'https://www.googleapis.com'
const gemini = 'https://generativelanguage.googleapis.com'

/** What is neither mail nor files. */
export const googleOtherServices: Vendor['services'] = [
  {
    id: 'google-youtube',
    name: 'YouTube',
    provider: 'google',
    category: 'other',
    icon: 'youtube',
    singleton: false,
    origins: [apis],
    credentials: [
      { kind: 'oauth2' },
      {
        kind: 'header',
        name: 'x-goog-api-key',
        label: 'API key',
        hint: 'APIs & Services, Credentials. With a key only what is public can be read.',
        url: 'https://console.cloud.google.com/apis/credentials',
      },
    ],
    probe: { path: '/youtube/v3/videoCategories?part=snippet&regionCode=US' },
    documentation: 'https://developers.google.com/youtube/v3/docs',
    actions: [
      {
        id: 'youtube-read',
        label: 'Read videos and playlists',
        description: 'Search, and read videos, channels, playlists and one’s own subscriptions.',
        allow: [
          {
            origin: apis,
            methods: ['GET'],
            paths: [
              '/youtube/v3/search',
              '/youtube/v3/videos',
              '/youtube/v3/videoCategories',
              '/youtube/v3/channels',
              '/youtube/v3/playlists',
              '/youtube/v3/playlistItems',
              '/youtube/v3/subscriptions',
            ],
          },
        ],
        approval: 'never',
        scopes: ['https://www.googleapis.com/auth/youtube.readonly'],
      },
    ],
  },
  {
    id: 'google-gemini',
    name: 'Gemini',
    provider: 'google',
    category: 'ai',
    icon: 'googlegemini',
    singleton: true,
    origins: [gemini],
    requestHeaders: ['api-revision'],
    credentials: [
      {
        kind: 'header',
        name: 'x-goog-api-key',
        label: 'API key',
        hint: 'Google AI Studio, Get API key.',
        url: 'https://aistudio.google.com/apikey',
      },
    ],
    probe: { path: '/v1beta/models?pageSize=1' },
    documentation: 'https://ai.google.dev/api',
    actions: [
      {
        id: 'gemini-generate',
        label: 'Ask models',
        description: 'List models, ask them, count tokens and make embeddings.',
        allow: [
          {
            origin: gemini,
            methods: ['GET'],
            paths: ['/v1beta/models', '/v1beta/models/*', '/v1beta/interactions/*'],
          },
          {
            origin: gemini,
            methods: ['POST'],
            paths: [
              '/v1beta/interactions',
              '/v1beta/models/*:generateContent',
              '/v1beta/models/*:streamGenerateContent',
              '/v1beta/models/*:countTokens',
              '/v1beta/models/*:embedContent',
              '/v1beta/models/*:batchEmbedContents',
            ],
          },
        ],
        approval: 'never',
      },
    ],
  },
]
