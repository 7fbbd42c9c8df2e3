import { flag, must, objects, oneOf, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const words = must(text('What to search for', { maxLength: 400 }))

/** https://api-dashboard.search.brave.com/app/documentation */
export const brave: TemplateSource = {
  ...{ id: 'brave', version: 1, service: 'brave', title: 'Brave Search' },
  description: 'Search the web and the news.',
  origin: 'https://api.search.brave.com',
  tools: [
    {
      name: 'search_web',
      title: 'Search the web',
      description: 'Searches the web and answers titles, addresses and short texts.',
      request: 'GET /res/v1/web/search',
      query: {
        q: words,
        count: whole('How many to answer', [1, 20], 10),
        offset: whole('How many pages to skip', [0, 9], 0),
        country: text('From where: two letters', { pattern: '^[A-Z]{2}$', examples: ['DE'] }),
        freshness: oneOf('Only of the last day, week, month or year', ['pd', 'pw', 'pm', 'py']),
      },
    },
    {
      name: 'search_news',
      title: 'Search the news',
      description: 'Searches news.',
      request: 'GET /res/v1/news/search',
      query: {
        q: words,
        count: whole('How many to answer', [1, 50], 20),
        freshness: oneOf('Only of the last day, week, month or year', ['pd', 'pw', 'pm', 'py']),
      },
    },
    {
      name: 'search_images',
      title: 'Search images',
      description: 'Searches images.',
      request: 'GET /res/v1/images/search',
      query: { q: words, count: whole('How many to answer', [1, 100], 20) },
    },
  ],
}

/** https://docs.tavily.com/documentation/api-reference */
export const tavily: TemplateSource = {
  ...{ id: 'tavily', version: 1, service: 'tavily', title: 'Tavily' },
  description: 'Search the web for an agent, and read pages.',
  origin: 'https://api.tavily.com',
  tools: [
    {
      name: 'search',
      title: 'Search the web',
      description: 'Searches the web and answers the parts of pages that fit the question.',
      request: 'POST /search',
      effect: 'reads',
      json: {
        query: words,
        search_depth: oneOf(
          'How thoroughly; advanced costs twice as much',
          ['basic', 'advanced'],
          'basic',
        ),
        topic: oneOf('About what', ['general', 'news', 'finance'], 'general'),
        max_results: whole('How many to answer', [1, 20], 5),
        include_domains: texts('Only of these sites', 50),
        include_answer: flag('Write a short answer as well', false),
      },
    },
    {
      name: 'read_pages',
      title: 'Read pages',
      description: 'Reads pages and answers their text.',
      request: 'POST /extract',
      effect: 'reads',
      json: {
        urls: must(texts('Addresses', 20)),
        format: oneOf('How the text is written', ['markdown', 'text'], 'markdown'),
      },
    },
    {
      name: 'map_site',
      title: 'Map a site',
      description: 'Follows the links of a site and answers the addresses that it found.',
      request: 'POST /map',
      effect: 'reads',
      json: {
        url: must(text('Where to begin', { format: 'uri' })),
        max_depth: whole('How far to follow links', [1, 5], 1),
        limit: whole('How many addresses at most', [1, 500], 50),
      },
    },
  ],
}

/** https://docs.perplexity.ai/api-reference */
export const perplexity: TemplateSource = {
  ...{ id: 'perplexity', version: 1, service: 'perplexity', title: 'Perplexity' },
  description: 'Ask questions that are answered from the web, and search it.',
  origin: 'https://api.perplexity.ai',
  tools: [
    {
      name: 'ask',
      title: 'Ask a question',
      description: 'Answers a question from the web, with the sources that it used.',
      request: 'POST /chat/completions',
      effect: 'reads',
      json: {
        model: oneOf('Which model', ['sonar', 'sonar-pro', 'sonar-reasoning-pro'], 'sonar'),
        messages: must(
          objects('The conversation so far, the question last', {
            role: must(oneOf('Who says it', ['system', 'user', 'assistant'])),
            content: must(text('What is said')),
          }),
        ),
        max_tokens: whole('How long the answer may be', [1, 8_000], 1_000),
      },
    },
    {
      name: 'search',
      title: 'Search the web',
      description: 'Searches the web and answers pages without writing an answer of its own.',
      request: 'POST /search',
      effect: 'reads',
      json: { query: words, max_results: whole('How many to answer', [1, 20], 10) },
    },
  ],
}

/** https://platform.openai.com/docs/api-reference */
export const openai: TemplateSource = {
  ...{ id: 'openai', version: 1, service: 'openai', title: 'OpenAI' },
  description: 'Ask models, embed and moderate texts.',
  origin: 'https://api.openai.com',
  tools: [
    {
      name: 'list_models',
      title: 'List models',
      description: 'Lists the models that the key can use.',
      request: 'GET /v1/models',
    },
    {
      name: 'respond',
      title: 'Ask a model',
      description: 'Has a model answer a text. It costs money by the length of both.',
      request: 'POST /v1/responses',
      effect: 'reads',
      json: {
        model: must(text('Which model, from list_models')),
        input: must(text('What to answer')),
        instructions: text('What the model is to heed'),
        max_output_tokens: whole('How long the answer may be', [16, 32_000], 2_000),
      },
    },
    {
      name: 'embed',
      title: 'Embed texts',
      description: 'Turns texts into vectors.',
      request: 'POST /v1/embeddings',
      effect: 'reads',
      json: {
        model: oneOf(
          'Which model',
          ['text-embedding-3-small', 'text-embedding-3-large'],
          'text-embedding-3-small',
        ),
        input: must(texts('The texts', 2048)),
      },
    },
    {
      name: 'moderate',
      title: 'Moderate a text',
      description: 'Says whether a text is harmful, and in which way.',
      request: 'POST /v1/moderations',
      effect: 'reads',
      json: { input: must(text('The text')) },
    },
  ],
}
