import { expect, it } from 'vitest'
import { createCatalog } from './catalog.ts'
import { nearestNames } from './nearest.ts'
import { parseService } from './schema.ts'

const catalog = createCatalog()

it('refuses a service whose action reaches an origin that is not its own', () => {
  const gmail = catalog.findService('google-gmail')
  expect(gmail).toBeDefined()
  expect(() => parseService({ ...(gmail as NonNullable<typeof gmail>), origins: [] })).toThrow(
    'gmail-read: https://gmail.googleapis.com is not among the origins',
  )
})

it('finds every action template under its service', () => {
  expect(catalog.actions.length).toBeGreaterThan(0)
  for (const { action, service } of catalog.actions) {
    expect(catalog.findAction(action.id)?.service.id).toBe(service.id)
  }
})

it('names no write as needing no approval, but for reads that are sent with POST', () => {
  const quiet = catalog.actions.filter(({ action }) => action.approval === 'never')
  const writers = quiet.filter(({ action }) =>
    action.allow.some((entry) => entry.methods.some((m) => !['GET', 'HEAD', 'POST'].includes(m))),
  )
  expect(writers).toEqual([])
})

it('names for each action of Google, Microsoft, GitHub and Slack the scopes that an account needs', () => {
  const withScopes = new Set(['google', 'microsoft', 'github', 'slack'])
  for (const { action, service } of catalog.actions) {
    const { scopes = [] } = action
    expect(scopes.length > 0, action.id).toBe(withScopes.has(service.provider))
    expect(new Set(scopes).size).toBe(scopes.length)
    if (service.provider !== 'google') continue
    for (const scope of scopes) expect(scope).toMatch(/^https:\/\/www\.googleapis\.com\/auth\//)
  }
})

it('suggests the nearest names for one that is not there', () => {
  const names = catalog.actions.map(({ action }) => action.id)
  expect(nearestNames('gmail-raed', names)[0]).toBe('gmail-read')
  expect(nearestNames('gmail', names)).toContain('gmail-send')
  expect(nearestNames('zzzzzzzzzzzzzzzz', names)).toEqual([])
})
