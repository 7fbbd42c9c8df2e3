import { describe, expect, it } from 'vitest'
import { createCatalog } from './catalog.ts'
import { parseVendors } from './parse-vendors.ts'
import type { OAuthProvider, Provider, Service, Vendor } from './schema.ts'
import { validateCatalog } from './validate.ts'

const acmeOrigin = 'https://api.acme.example'
const acme: Vendor = {
  provider: {
    id: 'acme',
    name: 'Acme',
    documentation: 'https://acme.example/docs',
    oauth: {
      authorizationEndpoint: 'https://{tenant}.acme.example/authorize',
      tokenEndpoint: 'https://{tenant}.acme.example/token',
      parameters: [{ name: 'tenant', label: 'Tenant', example: 'contoso' }],
      clientAuthentication: 'client_secret_basic',
      baseScopes: ['openid'],
      scopes: { openid: 'know who it is', read: 'read letters', write: 'write letters' },
      refreshTokens: 'rotating',
      idleDays: 90,
      registration: { url: 'https://acme.example/apps', steps: ['Make an app.'] },
      documentation: 'https://acme.example/oauth',
    },
  },
  services: [
    {
      id: 'acme-mail',
      name: 'Acme Mail',
      provider: 'acme',
      category: 'mail-and-calendar',
      icon: 'acme',
      singleton: false,
      origins: [acmeOrigin],
      credentials: [{ kind: 'oauth2' }],
      probe: { path: '/v1/me' },
      documentation: 'https://acme.example/mail',
      actions: [
        {
          id: 'mail-read',
          label: 'Read letters',
          description: 'Read letters.',
          allow: [{ origin: acmeOrigin, methods: ['GET'], paths: ['/v1/letters/*'] }],
          approval: 'never',
          scopes: ['read'],
        },
        {
          id: 'mail-send',
          label: 'Send letters',
          description: 'Send letters.',
          allow: [{ origin: acmeOrigin, methods: ['POST'], paths: ['/v1/letters'] }],
          approval: 'writes',
          scopes: ['write'],
        },
      ],
    },
    {
      id: 'acme-parcels',
      name: 'Acme Parcels',
      provider: 'acme',
      category: 'other',
      icon: 'acme',
      singleton: false,
      origins: [acmeOrigin],
      credentials: [{ kind: 'oauth2' }],
      documentation: 'https://acme.example/parcels',
      actions: [
        {
          id: 'parcels-send',
          label: 'Send parcels',
          description: 'Send parcels.',
          allow: [{ origin: acmeOrigin, methods: ['POST'], paths: ['/v1/parcels'] }],
          approval: 'writes',
          scopes: ['write'],
        },
      ],
    },
  ],
}
const globex: Vendor = {
  provider: { id: 'globex', name: 'Globex', documentation: 'https://globex.example/docs' },
  services: [
    {
      id: 'globex',
      name: 'Globex',
      provider: 'globex',
      category: 'other',
      icon: 'globex',
      singleton: true,
      origins: [],
      originPattern: { pattern: 'https://*.globex.example', example: 'https://us.globex.example' },
      credentials: [
        { kind: 'bearer', label: 'Key', hint: 'Make one.', url: 'https://globex.example/keys' },
      ],
      documentation: 'https://globex.example/docs',
      actions: [
        {
          id: 'globex-read',
          label: 'Read',
          description: 'Read all.',
          allow: [
            { origin: 'https://*.globex.example', methods: ['GET'], paths: ['/v1/things/**'] },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}

const sound = parseVendors([acme, globex])

interface Draft {
  providers: Provider[]
  services: Service[]
}

/** The faults of the sound catalog after one change. */
function faultsAfter(change: (draft: Draft) => void): string[] {
  const draft = structuredClone(sound) as Draft
  change(draft)
  return validateCatalog(draft)
}

const service = (id: string, change: (service: Service) => Partial<Service>) => (draft: Draft) => {
  draft.services = draft.services.map((one) => (one.id === id ? { ...one, ...change(one) } : one))
}
const mail = (change: Partial<Service>) => service('acme-mail', () => change)
const globexService = (change: Partial<Service>) => service('globex', () => change)
const action = (id: string, change: Partial<Service['actions'][number]>) => (draft: Draft) => {
  draft.services = draft.services.map((one) => ({
    ...one,
    actions: one.actions.map((each) => (each.id === id ? { ...each, ...change } : each)),
  }))
}
const path = (text: string) =>
  action('mail-read', { allow: [{ origin: acmeOrigin, methods: ['GET'], paths: [text] }] })
const provider = (change: Partial<Provider>) => (draft: Draft) => {
  draft.providers = draft.providers.map((one) => (one.id === 'acme' ? { ...one, ...change } : one))
}
const oauth = (change: Partial<OAuthProvider>) => (draft: Draft) => {
  const [one] = draft.providers
  provider({ oauth: { ...(one?.oauth as OAuthProvider), ...change } })(draft)
}

type Planted = Readonly<Record<string, readonly [(draft: Draft) => void, ...string[]]>>

const links: Planted = {
  'a link of a service that is missing': [
    mail({ documentation: '' }),
    'acme-mail: documentation is missing.',
  ],
  'a link of a service without TLS': [
    mail({ documentation: 'http://acme.example' }),
    'acme-mail: documentation is no https link: http://acme.example.',
  ],
  'a link of a provider to nowhere': [
    provider({ documentation: 'https://docs' }),
    'acme: documentation is no https link: https://docs.',
  ],
  'a missing link to where apps are made': [
    oauth({ registration: { url: '', steps: ['Make one.'] } }),
    'acme: oauth.registration.url is missing.',
  ],
  'a missing link to where a key is made': [
    globexService({ credentials: [{ kind: 'bearer', label: 'Key', hint: 'Make one.', url: '' }] }),
    'globex: the slot bearer: url is missing.',
  ],
}

const overlaps: Planted = {
  'a host of two providers': [
    globexService({ origins: [acmeOrigin] }),
    `acme-mail and globex: ${acmeOrigin} would belong to two providers.`,
    `acme-parcels and globex: ${acmeOrigin} would belong to two providers.`,
  ],
  'a host that fits another provider’s pattern': [
    mail({ origins: [acmeOrigin, 'https://eu.globex.example'] }),
    'acme-mail and globex: https://eu.globex.example would belong to two providers.',
  ],
  'two patterns that one host could fit': [
    mail({
      originPattern: { pattern: 'https://e*.globex.example', example: 'https://eu.globex.example' },
    }),
    'acme-mail and globex: https://e*.globex.example would belong to two providers.',
  ],
  'a request that two services of a provider allow': [
    action('parcels-send', {
      allow: [{ origin: acmeOrigin, methods: ['PUT', 'POST'], paths: ['/v1/let*'] }],
    }),
    'mail-send and parcels-send, of two services, both allow POST /v1/letters.',
  ],
  'a host that is written out and fits the pattern as well': [
    globexService({ origins: ['https://eu.globex.example'] }),
    'globex: the origin https://eu.globex.example fits originPattern.pattern already.',
  ],
  'a pattern that takes any domain': [
    globexService({
      originPattern: { pattern: 'https://*.example', example: 'https://globex.example' },
    }),
    'globex: originPattern.pattern https://*.example leaves open whose domain it is.',
    'globex-read: https://*.globex.example is neither an origin nor the originPattern of globex.',
  ],
}

const scopes: Planted = {
  'a scope of an action that the provider does not have': [
    action('mail-read', { scopes: ['read', 'raed'] }),
    'mail-read: there is no scope raed in oauth.scopes of acme.',
  ],
  'a scope of a slot that the provider does not have': [
    mail({ credentials: [{ kind: 'oauth2', scopes: ['raed'] }] }),
    'acme-mail: the slot oauth2 names the scope raed, which acme does not have.',
  ],
  'a base scope without words': [
    oauth({ baseScopes: ['openid', 'profile'] }),
    'acme: oauth.baseScopes names the scope profile, which is not in oauth.scopes.',
  ],
  'words for a scope that nothing asks for': [
    action('mail-read', { scopes: [] }),
    'acme: oauth.scopes: nothing asks for read.',
  ],
  'a wider scope that the provider does not have': [
    oauth({ scopeIncludes: { all: ['read'] } }),
    'acme: oauth.scopeIncludes names the scope all, which is not in oauth.scopes.',
  ],
  'words that are a sentence': [
    oauth({ scopes: { openid: 'Know it.', read: 'read letters', write: 'write letters' } }),
    'acme: oauth.scopes: the words of openid begin small and have no full stop.',
  ],
  'a name that every object has for a scope': [
    action('mail-read', { scopes: ['read', 'constructor'] }),
    'mail-read: there is no scope constructor in oauth.scopes of acme.',
  ],
  'an account that would be asked for nothing': [
    (draft) => {
      oauth({ baseScopes: [], scopes: { read: 'read', write: 'write' } })(draft)
      action('mail-read', { scopes: [] })(draft)
      service('acme-parcels', () => ({ credentials: [{ kind: 'oauth2', scopes: ['read'] }] }))(
        draft,
      )
    },
    'mail-read: an account that is connected for it would have no scope at all.',
  ],
}

const unreachable: Planted = {
  'an action at another host': [
    action('mail-read', {
      allow: [{ origin: 'https://acme.example', methods: ['GET'], paths: ['/v1'] }],
    }),
    'mail-read: https://acme.example is neither an origin nor the originPattern of acme-mail.',
  ],
  'an action that needs scopes where only keys are taken': [
    mail({
      credentials: [
        { kind: 'bearer', label: 'Key', hint: 'Make one.', url: 'https://acme.example/keys' },
      ],
    }),
    'mail-read: it needs scopes, and no slot of acme-mail is oauth2.',
    'mail-send: it needs scopes, and no slot of acme-mail is oauth2.',
  ],
  'actions without any credential': [
    globexService({ credentials: [] }),
    'globex: a service with actions has a credential slot.',
  ],
  'accounts of a provider without OAuth': [
    globexService({ credentials: [{ kind: 'oauth2', scopes: [] }] }),
    'globex: the slot oauth2 needs oauth of the provider globex, which has none.',
  ],
  'OAuth that no service takes': [
    (draft) => {
      draft.services = draft.services.map((one) => ({
        ...one,
        credentials: [
          { kind: 'jwt-service-account', tokenEndpoint: 'https://a.example/t', ...key },
        ],
      }))
    },
    'acme: oauth is described, and no service has a slot oauth2.',
  ],
  'a service that goes nowhere': [
    globexService({ originPattern: undefined, actions: [] } as unknown as Partial<Service>),
    'globex: it has neither origins nor originPattern.',
  ],
  'a path that allows everything': [path('/**'), 'mail-read: the path /** allows everything.'],
  'a path with a name in braces': [
    path('/v1/letters/{id}'),
    'mail-read: the path /v1/letters/{id} holds braces; * stands for what differs.',
  ],
  'a path with an empty segment': [
    path('/v1//letters'),
    'mail-read: the path /v1//letters holds an empty segment or one of dots, which no request may.',
  ],
  'a path with dots': [
    path('/v1/../letters'),
    'mail-read: the path /v1/../letters holds an empty segment or one of dots, which no request may.',
  ],
  'a path with a query': [
    path('/v1/letters?id=*'),
    'mail-read: the path /v1/letters?id=* holds a character that no path does.',
  ],
  'a path with a space': [
    path('/v1/my letters'),
    'mail-read: the path /v1/my letters holds a character that no path does.',
  ],
  'a path that is escaped': [
    path('/v1/%40me'),
    'mail-read: the path /v1/%40me holds a percent escape; write it plainly.',
  ],
  'an encoded slash where none is taken': [
    path('/v1/*%2F*'),
    'mail-read: the path /v1/*%2F* holds %2F, which the service does not take.',
  ],
  'two stars in the middle': [
    path('/v1/**/letters'),
    'mail-read: the path /v1/**/letters holds ** elsewhere than at its end.',
  ],
}

const key = { label: 'Key file', hint: 'Make one.', url: 'https://acme.example/keys' }

const contradictions: Planted = {
  'two providers of one id': [
    ({ providers }) => providers.push({ ...(providers[1] as Provider) }),
    'globex: two providers have this id.',
  ],
  'two services of one id': [
    ({ services }) => services.push({ ...(services[1] as Service), actions: [] }),
    'acme-parcels: two services have this id.',
  ],
  'two actions of one id': [
    action('mail-send', { id: 'mail-read' }),
    'mail-read: two actions have this id.',
  ],
  'a provider without a service': [
    ({ services }) => services.pop(),
    'globex: a provider without a service.',
  ],
  'a service of an unknown provider': [
    globexService({ provider: 'initech' }),
    'globex: there is no provider initech.',
    'globex: a provider without a service.',
  ],
  'an action named after another service': [
    action('parcels-send', { id: 'mail-send-parcels' }),
    'mail-send-parcels: an action of acme-parcels has an id that begins with parcels-.',
  ],
  'a service whose actions are named as another’s': [
    globexService({ id: 'mail', actions: [] }),
    'mail: its actions would begin with mail-, as those of acme-mail do.',
  ],
  'a probe at another host': [
    mail({ probe: { origin: 'https://acme.example', path: '/v1/me' } }),
    'acme-mail: the probe’s origin https://acme.example is not among the origins.',
  ],
  'a probe that is never sent': [
    mail({ probe: { path: '/v1/../me' } }),
    'acme-mail: the probe’s path /v1/../me is none that is sent.',
  ],
  'a probe without the place of a path credential': [
    globexService({
      probe: { path: '/bot{key}/me' },
      credentials: [{ kind: 'path', placeholder: 'token', ...key }],
    }),
    'globex: the probe’s path names {key}, which is no placeholder of a slot.',
    'globex: the probe’s path has no place for the credential: {token}.',
  ],
  'an endpoint that names no parameter that there is': [
    oauth({ tokenEndpoint: 'https://acme.example/{region}/token' }),
    'acme: oauth.tokenEndpoint names {region}, which is no parameter.',
  ],
  'a parameter that no endpoint names': [
    oauth({
      authorizationEndpoint: 'https://acme.example/authorize',
      tokenEndpoint: 'https://acme.example/token',
    }),
    'acme: no endpoint names the parameter {tenant}.',
  ],
  'an example that could not be given': [
    oauth({ parameters: [{ name: 'tenant', label: 'Tenant', example: 'evil.example/' }] }),
    'acme: evil.example/ cannot stand for the parameter {tenant}.',
  ],
  'a slot whose endpoint names no parameter that there is': [
    mail({
      credentials: [
        { kind: 'oauth2', scopes: [] },
        {
          kind: 'jwt-service-account',
          tokenEndpoint: 'https://{region}.acme.example/token',
          ...key,
        },
      ],
    }),
    'acme-mail: the slot jwt-service-account names {region} in tokenEndpoint, which is no parameter of acme.',
  ],
  'idle days of tokens that there are not': [
    oauth({ refreshTokens: 'none' }),
    'acme: oauth.idleDays is given though there are no refresh tokens.',
  ],
  'a public client without PKCE': [
    oauth({ clientAuthentication: 'none', pkce: false }),
    'acme: oauth: a public client without PKCE would give its codes away.',
  ],
  'a parameter that the vault sets itself': [
    oauth({ authorizationParameters: { state: 'x' } }),
    'acme: oauth.authorizationParameters must leave state to the vault.',
  ],
  'two slots of a kind': [
    mail({
      credentials: [
        { kind: 'oauth2', scopes: [] },
        { kind: 'oauth2', scopes: [] },
      ],
    }),
    'acme-mail: two credential slots are oauth2.',
  ],
  'two keys in one place': [
    mail({
      credentials: [
        { kind: 'oauth2', scopes: [] },
        {
          kind: 'several',
          parts: [
            { kind: 'header', name: 'X-Key', label: 'Key' },
            { kind: 'header', name: 'x-key', label: 'Other key' },
          ],
          ...key,
        },
      ],
    }),
    'acme-mail: the slot several (header x-key, header x-key) puts two keys into the header x-key.',
  ],
  'two keys that are called the same': [
    mail({
      credentials: [
        { kind: 'oauth2', scopes: [] },
        {
          kind: 'several',
          parts: [
            { kind: 'header', name: 'x-key', label: 'Key' },
            { kind: 'bearer', label: 'Key' },
          ],
          ...key,
        },
      ],
    }),
    'acme-mail: the slot several (header x-key, header authorization) calls two keys Key.',
  ],
  'a header that carries credentials': [
    mail({ requestHeaders: ['cookie'] }),
    'acme-mail: requestHeaders must not name cookie.',
  ],
  'a change that nobody is asked about': [
    action('mail-read', {
      allow: [{ origin: acmeOrigin, methods: ['GET', 'DELETE'], paths: ['/v1/letters/*'] }],
    }),
    'mail-read: it changes things and no owner is asked.',
  ],
  'asking for writes where there are none': [
    action('mail-read', { approval: 'writes' }),
    'mail-read: it asks for writes and has none.',
  ],
  'a template that ends': [
    action('globex-read', {
      allow: [
        {
          origin: 'https://*.globex.example',
          methods: ['GET'],
          paths: ['/v1/a'],
          expiresAt: '2030-01-01T00:00:00Z',
        },
      ],
    }),
    'globex-read: expiresAt and actionTemplateId are a policy’s to say.',
  ],
}

it('finds no fault in a sound catalog', () => {
  expect(validateCatalog(sound)).toEqual([])
})

describe.each([
  ['links', links],
  ['overlaps', overlaps],
  ['scopes', scopes],
  ['what cannot be reached', unreachable],
  ['contradictions', contradictions],
])('names, of %s,', (_, planted) => {
  it.each(Object.entries(planted))('%s', (_, [change, ...faults]) => {
    const found = faultsAfter(change)
    for (const fault of faults) expect(found).toContain(fault)
  })
})

it('takes two services of a provider that share a host and no request', () => {
  const change = action('parcels-send', {
    allow: [
      { origin: acmeOrigin, methods: ['POST'], paths: ['/v1/letters/*'] },
      { origin: acmeOrigin, methods: ['DELETE'], paths: ['/v1/letters'] },
    ],
  })
  expect(faultsAfter(change)).toEqual([])
})

it('builds no catalog from data with a fault, and says all of them', () => {
  const [mailService, parcels] = acme.services
  const broken: Vendor = {
    ...acme,
    services: [
      { ...(mailService as Vendor['services'][number]), documentation: 'https://x' },
      { ...(parcels as Vendor['services'][number]), credentials: [] },
    ],
  }
  expect(() => createCatalog([broken])).toThrow(
    'The catalog contradicts itself. acme-mail: documentation is no https link: https://x.',
  )
  expect(() => createCatalog([broken])).toThrow('acme-parcels: a service with actions')
})

it('names the service and the field of data that has not the right shape', () => {
  const [mailService] = acme.services
  const broken = { ...(mailService as Vendor['services'][number]), category: 'mail' as 'chat' }
  expect(() => createCatalog([{ ...acme, services: [broken] }])).toThrow(
    /acme-mail of the catalog: .*category/s,
  )
})
