import { Buffer } from 'node:buffer'
import { createCatalog } from '@sallyport/catalog'
import { type GuardLevel, guardLevels, type PolicyDocument } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'
import type { Decision, PolicyRequest } from '../policy/decision.ts'
import { draftGrant } from './grant-document.ts'

const catalog = createCatalog()
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const find = (id: string) => {
  const entry = catalog.findAction(id)
  if (entry === undefined) throw new Error(`the catalog has no ${id}`)
  return entry
}
const hosts: Readonly<Record<string, string>> = {
  'https://*.myshopify.com': 'https://acme.myshopify.com',
}
/** One host of a pattern. */
const hostOf = (pattern: string) => hosts[pattern] ?? pattern.replaceAll('*', 'eu-west-1')

/** A policy that asks about nothing: whatever is kept back, the guard keeps back. */
function grant(id: string, level: GuardLevel, policy?: PolicyDocument): PolicyDocument {
  const entry = find(id)
  const origins = [...new Set(entry.action.allow.map(({ origin }) => hostOf(origin)))]
  const granted = draftGrant({
    ...entry,
    wish: { approval: 'never', guard: { level, domains: ['example.com'] } },
    origins,
    policy,
    nowMs,
  })
  return { ...granted, approval: 'never' }
}
const compiled = new Map<string, ReturnType<typeof compilePolicy>>()
function policyOf(id: string, level: GuardLevel) {
  const key = `${id}@${level}`
  const document =
    compiled.get(key) ?? compilePolicy({ id: key, version: 1, document: grant(id, level) })
  compiled.set(key, document)
  return document
}

interface Sent {
  readonly method?: PolicyRequest['method']
  readonly at: string
  readonly body?: unknown
  readonly type?: string
}

function requestOf(
  id: string,
  { method = 'POST', at, body, type = 'application/json' }: Sent,
): PolicyRequest {
  const [path = '', query = ''] = at.split('?')
  const entry = find(id).action.allow.find(({ methods }) => methods.some((one) => one === method))
  return {
    method,
    origin: hostOf(entry?.origin ?? ''),
    path,
    query: [...new URLSearchParams(query)],
    ...(body !== undefined && {
      headers: [['content-type', type]],
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    }),
  }
}

function outcome(id: string, level: GuardLevel, request: PolicyRequest): Decision['outcome'] {
  return decide(policyOf(id, level), request, {
    now: nowMs,
    workspace: { isFrozen: false },
    agent: { status: 'active' },
    connection: { status: 'healthy', origins: [request.origin] },
  }).outcome
}

const strength = { allow: 0, require_approval: 1, deny: 2 } as const
const ask = 'require_approval'
const key = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'
const message = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n')).toString('base64url')
const inside = message('To: a@example.com\nSubject: x\n\nHello')
const outside = message('To: a@elsewhere.example\nSubject: x\n\nHello')
const form = (name: string, filename: string) =>
  [
    ...['--x', 'Content-Disposition: form-data; name="attributes"', '', `{"name":"${name}"}`],
    ...['--x', `Content-Disposition: form-data; name="file"; filename="${filename}"`],
    ...['Content-Type: application/octet-stream', '', 'MZ', '--x--', ''],
  ].join('\r\n')
const multipart = 'multipart/form-data; boundary=x'
const gmail = '/gmail/v1/users/me'
const outlook = '/v1.0/me/messages'
const drive = '/drive/v3/files'
const onedrive = '/v1.0/me/drive'
const events = '/calendar/v3/calendars/primary/events'

/** What goes round the places that rules look at first; with the outcomes at each level. */
const rounds: readonly (readonly [
  action: string,
  what: string,
  sent: Sent,
  minimal: Decision['outcome'],
  standard: Decision['outcome'],
  strict: Decision['outcome'],
])[] = [
  [
    'gmail-send',
    'a message inside',
    { at: `${gmail}/messages/send`, body: { raw: inside } },
    'allow',
    'allow',
    ask,
  ],
  [
    'gmail-send',
    'a message outside',
    { at: `${gmail}/messages/send`, body: { raw: outside } },
    'allow',
    ask,
    'deny',
  ],
  [
    'gmail-send',
    'a draft by its id',
    { at: `${gmail}/drafts/send`, body: { id: 'r1' } },
    ask,
    ask,
    'deny',
  ],
  [
    'gmail-send',
    'a file without a name',
    {
      at: `${gmail}/messages/send`,
      body: {
        raw: message(
          'To: a@example.com\nContent-Type: application/pdf\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nAAAA',
        ),
      },
    },
    'allow',
    'allow',
    ask,
  ],
  [
    'gmail-send',
    'a program without a name',
    {
      at: `${gmail}/messages/send`,
      body: {
        raw: message(
          'To: a@example.com\nContent-Type: application/x-msdownload\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nAAAA',
        ),
      },
    },
    'deny',
    'deny',
    'deny',
  ],
  [
    'gmail-send',
    'a program with dots behind',
    {
      at: `${gmail}/messages/send`,
      body: {
        raw: message(
          'To: a@example.com\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="a.exe. ."\nContent-Transfer-Encoding: base64\n\nAAAA',
        ),
      },
    },
    'deny',
    'deny',
    'deny',
  ],
  [
    'gmail-organize',
    'the bin as a label',
    { at: `${gmail}/messages/1/modify`, body: { addLabelIds: ['TRASH'] } },
    ask,
    ask,
    'deny',
  ],
  [
    'gmail-organize',
    'the bin as a label of many',
    { at: `${gmail}/messages/batchModify`, body: { ids: ['1'], addLabelIds: ['x', 'trash'] } },
    ask,
    ask,
    'deny',
  ],
  ['outlook-send', 'a draft', { at: `${outlook}/1/send` }, ask, ask, 'deny'],
  [
    'outlook-send',
    'an answer to all',
    { at: `${outlook}/1/replyAll`, body: { comment: 'x' } },
    ask,
    ask,
    'deny',
  ],
  [
    'outlook-send',
    'a message as text',
    { at: '/v1.0/me/sendMail', body: inside, type: 'text/plain' },
    'deny',
    'deny',
    'deny',
  ],
  [
    'outlook-send',
    'two addresses in one',
    {
      at: '/v1.0/me/sendMail',
      body: {
        message: {
          toRecipients: [{ emailAddress: { address: 'x@elsewhere.example a@example.com' } }],
        },
      },
    },
    'allow',
    ask,
    'deny',
  ],
  [
    'outlook-send',
    'a key in a header',
    {
      at: '/v1.0/me/sendMail',
      body: { message: { internetMessageHeaders: [{ name: 'x-a', value: key }] } },
    },
    'deny',
    'deny',
    'deny',
  ],
  [
    'outlook-draft',
    'a program added to a draft',
    { at: `${outlook}/1/attachments`, body: { name: 'a.EXE', contentBytes: 'AAAA' } },
    'deny',
    'deny',
    'deny',
  ],
  [
    'outlook-draft',
    'something added to a draft',
    { at: `${outlook}/1/attachments`, body: { item: {} } },
    'allow',
    'allow',
    ask,
  ],
  [
    'ses-send',
    'a raw message outside',
    { at: '/v2/email/outbound-emails', body: { Content: { Raw: { Data: outside } } } },
    'allow',
    ask,
    'deny',
  ],
  [
    'ses-send',
    'a key in a template',
    {
      at: '/v2/email/outbound-emails',
      body: { Content: { Template: { TemplateData: JSON.stringify({ a: key }) } } },
    },
    'deny',
    'deny',
    'deny',
  ],
  [
    'mailgun-send',
    'recipients in the address',
    {
      at: '/v3/a.example/messages?to=x@elsewhere.example',
      body: 'text=x',
      type: 'application/x-www-form-urlencoded',
    },
    ask,
    ask,
    'deny',
  ],
  [
    'slack-send',
    'words to one',
    { at: '/api/chat.postMessage', body: { text: 'hello' } },
    'allow',
    'allow',
    ask,
  ],
  [
    'slack-send',
    'a key in the address',
    { at: `/api/chat.postMessage?channel=C&text=${key}` },
    'deny',
    'deny',
    'deny',
  ],
  [
    'slack-send',
    'words in the address',
    { at: '/api/chat.postMessage?channel=C&text=hello' },
    ask,
    ask,
    'deny',
  ],
  [
    'slack-send',
    'a key deep in lists',
    {
      at: '/api/chat.postMessage',
      body: { blocks: [{ elements: [{ elements: [{ elements: [{ text: key }] }] }] }] },
    },
    'deny',
    'deny',
    'deny',
  ],
  [
    'slack-send',
    'a key in a field',
    { at: '/api/chat.postMessage', body: { attachments: [{ fields: [{ value: key }] }] } },
    'deny',
    'deny',
    'deny',
  ],
  [
    'slack-send',
    'everybody with a label',
    { at: '/api/chat.postMessage', body: { text: '<!channel|you>' } },
    'allow',
    ask,
    ask,
  ],
  [
    'slack-send',
    'everybody as an element',
    {
      at: '/api/chat.postMessage',
      body: {
        blocks: [
          {
            type: 'rich_text',
            elements: [{ elements: [{ type: 'broadcast', range: 'channel' }] }],
          },
        ],
      },
    },
    'allow',
    ask,
    ask,
  ],
  [
    'slack-send',
    'blocks as a text',
    { at: '/api/chat.postMessage', body: { blocks: '[{"type":"section"}]' } },
    ask,
    ask,
    'deny',
  ],
  ['slack-edit', 'a deletion', { at: '/api/chat.delete', body: { ts: '1' } }, ask, ask, 'deny'],
  [
    'discord-send',
    'JSON in a form',
    {
      at: '/api/v10/channels/1/messages',
      body: 'payload_json=%7B%22content%22%3A%22%5Cu0040everyone%22%7D',
      type: 'application/x-www-form-urlencoded',
    },
    ask,
    ask,
    'deny',
  ],
  [
    'teams-manage',
    'everybody by a mention',
    {
      at: '/v1.0/chats/1/messages',
      body: {
        body: { content: '<at id="0">All</at>' },
        mentions: [{ id: 0, mentioned: { conversation: { id: '1' } } }],
      },
    },
    'allow',
    ask,
    ask,
  ],
  [
    'telegram-send',
    'words in the address',
    { at: '/bot1/sendMessage?chat_id=1&text=x' },
    ask,
    ask,
    'deny',
  ],
  [
    'calendar-manage',
    'a sentence with a guest',
    { at: `${events}/quickAdd?text=Lunch+with+x@elsewhere.example` },
    ask,
    ask,
    'deny',
  ],
  [
    'calendar-manage',
    'a key in a sentence',
    { at: `${events}/quickAdd?text=${key}` },
    'deny',
    'deny',
    'deny',
  ],
  [
    'calendar-manage',
    'a key as a place',
    { at: events, body: { location: key } },
    'deny',
    'deny',
    'deny',
  ],
  [
    'calendar-manage',
    'a night in small letters',
    { at: events, body: { start: { dateTime: '2026-11-21t23:00:00z' } } },
    'allow',
    'allow',
    ask,
  ],
  [
    'drive-share',
    'a domain inside',
    {
      at: `${drive}/1/permissions`,
      body: { type: 'domain', domain: 'Example.com', role: 'reader' },
    },
    'allow',
    'allow',
    ask,
  ],
  [
    'drive-share',
    'a domain outside',
    {
      at: `${drive}/1/permissions`,
      body: { type: 'domain', domain: 'elsewhere.example', role: 'reader' },
    },
    'allow',
    ask,
    'deny',
  ],
  [
    'drive-share',
    'anybody in capitals',
    { at: `${drive}/1/permissions`, body: { type: 'Anyone', role: 'reader' } },
    ask,
    ask,
    'deny',
  ],
  [
    'drive-manage',
    'the bin as a change',
    { method: 'PATCH', at: `${drive}/1`, body: { trashed: true } },
    ask,
    ask,
    'deny',
  ],
  [
    'drive-create',
    'an upload',
    { at: '/upload/drive/v3/files?uploadType=media', body: 'MZ', type: 'application/octet-stream' },
    'allow',
    ask,
    ask,
  ],
  ['drive-create', 'a program', { at: drive, body: { name: 'a.exe' } }, 'allow', 'deny', 'deny'],
  [
    'onedrive-share',
    'a link without a scope',
    { at: `${onedrive}/items/1/createLink`, body: { type: 'view' } },
    ask,
    ask,
    'deny',
  ],
  [
    'onedrive-share',
    'a link in capitals',
    { at: `${onedrive}/items/1/createLink`, body: { type: 'view', scope: 'Anonymous' } },
    ask,
    ask,
    'deny',
  ],
  [
    'onedrive-share',
    'a link inside',
    { at: `${onedrive}/items/1/createLink`, body: { type: 'view', scope: 'organization' } },
    'allow',
    'allow',
    ask,
  ],
  [
    'onedrive-share',
    'an invitation without a sign-in',
    {
      at: `${onedrive}/items/1/invite`,
      body: { requireSignIn: false, recipients: [{ email: 'a@example.com' }], roles: ['read'] },
    },
    ask,
    ask,
    'deny',
  ],
  [
    'onedrive-share',
    'somebody by an id',
    {
      at: `${onedrive}/items/1/invite`,
      body: { requireSignIn: true, recipients: [{ objectId: '7' }], roles: ['read'] },
    },
    'allow',
    ask,
    'deny',
  ],
  [
    'onedrive-write',
    'a name in the address',
    { method: 'PUT', at: `${onedrive}/root:/a.exe:/content`, body: {} },
    'allow',
    ask,
    ask,
  ],
  [
    'dropbox-share',
    'a link that says nothing',
    { at: '/2/sharing/create_shared_link_with_settings', body: { path: '/a' } },
    ask,
    ask,
    'deny',
  ],
  [
    'dropbox-share',
    'a link without a body',
    { at: '/2/sharing/create_shared_link_with_settings' },
    ask,
    ask,
    'deny',
  ],
  [
    'box-write',
    'a link as the enterprise has it',
    { method: 'PUT', at: '/2.0/files/1', body: { shared_link: {} } },
    ask,
    ask,
    'deny',
  ],
  [
    'box-write',
    'a name in a form',
    { at: '/api/2.0/files/content', body: form('a.exe', 'a'), type: multipart },
    'allow',
    'deny',
    'deny',
  ],
  [
    'box-write',
    'a name in escapes',
    {
      at: '/api/2.0/files/content',
      body: form('a\\u002eexe', 'a'),
      type: multipart,
    },
    'allow',
    ask,
    ask,
  ],
  [
    'box-write',
    'a name of a file',
    { at: '/api/2.0/files/content', body: form('a', 'a.exe'), type: multipart },
    'allow',
    'deny',
    'deny',
  ],
  [
    'github-gists',
    'a gist that is called secret',
    { at: '/gists', body: { public: false } },
    ask,
    ask,
    'deny',
  ],
  [
    'github-code',
    'a branch that forgets',
    { method: 'PATCH', at: '/repos/a/b/git/refs/heads/main', body: { force: true } },
    ask,
    ask,
    'deny',
  ],
  [
    'linear-graphql',
    'a query',
    { at: '/graphql', body: { query: '{ viewer { id } }' } },
    'allow',
    'allow',
    ask,
  ],
  [
    'linear-graphql',
    'a query in the address',
    { at: '/graphql?query=mutation%7Bx%7D', body: { query: '{ viewer { id } }' } },
    ask,
    ask,
    ask,
  ],
  [
    'linear-graphql',
    'a query by its hash',
    { at: '/graphql', body: { extensions: { persistedQuery: {} } } },
    ask,
    ask,
    ask,
  ],
  [
    'linear-graphql',
    'queries in a list',
    { at: '/graphql', body: [{ query: 'mutation { issueDelete(id: 1) { ok } }' }] },
    ask,
    ask,
    ask,
  ],
]

describe('a guard keeps what its words say', () => {
  it.each(rounds)('%s: %s', (...[id, , sent, ...wanted]) => {
    const request = requestOf(id, sent)
    expect(guardLevels.map((level) => outcome(id, level, request))).toEqual(wanted)
  })

  it('and keeps back no less at a stricter level, whatever is sent', () => {
    const bodies: readonly Partial<Sent>[] = [
      {},
      { body: {} },
      { body: '{', type: 'application/json' },
      { body: 'x', type: 'text/plain' },
      { body: 'a=b', type: 'application/x-www-form-urlencoded' },
      { body: { text: key, name: 'a.exe', type: 'anyone', trashed: true, force: true } },
      { body: { raw: outside, text: '<!here> 4111 1111 1111 1111', query: 'mutation{xDelete}' } },
    ]
    const sent = catalog.actions.flatMap(({ action: { id, allow } }) =>
      allow.flatMap(({ methods, paths }) =>
        methods.flatMap((method) =>
          paths.flatMap((path) =>
            bodies.map((body) => ({
              id,
              sent: { ...body, method, at: path.replaceAll('*', 'a') },
            })),
          ),
        ),
      ),
    )
    for (const { id, sent: one } of [...sent, ...rounds.map(([id, , of]) => ({ id, sent: of }))]) {
      const request = requestOf(id, one)
      const [minimal, standard, strict] = guardLevels.map(
        (level) => strength[outcome(id, level, request)],
      )
      expect(standard, `${id} ${JSON.stringify(one)}`).toBeGreaterThanOrEqual(minimal ?? 0)
      expect(strict, `${id} ${JSON.stringify(one)}`).toBeGreaterThanOrEqual(standard ?? 0)
    }
  })

  it('for all that is granted of the action, where a part of it is granted anew', () => {
    const before = grant('gmail-send', 'strict')
    const entry = find('gmail-send')
    const [allow] = entry.action.allow
    if (allow === undefined) throw new Error('gmail-send allows nothing')
    const wish = {
      allow: [{ ...allow, paths: [`${gmail}/drafts/send`] }],
      guard: { level: 'strict' as const, domains: ['example.com'] },
    }
    const origins = entry.service.origins
    const after = draftGrant({ ...entry, wish, origins, policy: before, nowMs })
    expect(after.rules).toEqual(before.rules)
  })
})
