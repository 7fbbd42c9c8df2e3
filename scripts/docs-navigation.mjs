// The order of the documentation site: which page stands where. A page that nobody named here is listed at the end, so that none
// is out of reach.

const sections = [
  ['Start', ['index.md', 'quick-start.md', 'concepts.md']],
  [
    'Clients',
    ['claude-code.md', 'mcporter.md', 'opencode.md', 'openclaw.md', 'mcp.md', 'sallyport-mcp.md'],
  ],
  ['Accounts and keys', ['oauth.md', 'credentials.md', 'catalog.md']],
  [
    'Policies and approvals',
    [
      'policies.md',
      'policies-as-code.md',
      'guards.md',
      'redaction.md',
      'models.md',
      'approvals.md',
      'notifications.md',
    ],
  ],
  [
    'Tools',
    [
      'tools.md',
      'openapi-import.md',
      'templates.md',
      'ready-toolsets.md',
      'upstreams.md',
      'sql.md',
      'sql-sources.md',
      'sql-statements.md',
    ],
  ],
  ['People', ['dashboard.md', 'single-sign-on.md', 'alerts.md']],
  [
    'Running it',
    [
      'containers.md',
      'deployment.md',
      'operations.md',
      'keys.md',
      'backup.md',
      'audit.md',
      'audit-format.md',
      'performance.md',
      'benchmarks.md',
      'releasing.md',
    ],
  ],
  [
    'How it is made',
    [
      'threat-model.md',
      'security.md',
      'architecture.md',
      'envelope.md',
      'decisions/index.md',
      'contributing.md',
    ],
  ],
  ['Reference', ['configuration.md', 'cli.md', 'api.md', 'problems.md', 'mcp-tools.md']],
]

const shortTitles = new Map([
  ['index.md', 'Sallyport'],
  ['sql-sources.md', 'SQL sources by the API'],
])

/** The bar above and the bar beside, for pages with these titles. */
export function navigation(titles) {
  const link = (place) => `/${place.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`
  const item = (place) => ({
    text: shortTitles.get(place) ?? titles.get(place)?.split(/[:,] /)[0] ?? place,
    link: link(place),
  })
  const named = new Set(sections.flatMap(([, places]) => places))
  const api = [...titles.keys()].filter((place) => place.startsWith('api/'))
  const others = [...titles.keys()].filter(
    (place) => !named.has(place) && !/^(api|decisions)\//.test(place),
  )
  const groups = [...sections, ...(others.length === 0 ? [] : [['More', others]])].map(
    ([text, places]) => ({
      text,
      items: places.filter((place) => titles.has(place)).map(item),
    }),
  )
  return {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Running it', link: '/containers' },
      { text: 'Reference', link: '/configuration' },
    ],
    // Groups that fold would hold buttons within buttons: the API has a bar of its own instead.
    sidebar: {
      '/api/': [
        { text: 'Sallyport', items: [item('index.md'), item('api.md'), item('problems.md')] },
        { text: 'Operations', items: api.map(item) },
      ],
      '/': groups,
    },
  }
}
