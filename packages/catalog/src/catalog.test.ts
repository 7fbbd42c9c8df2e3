import { expect, it } from 'vitest'
import { createCatalog } from './catalog.ts'
import { nearestNames } from './nearest.ts'

const catalog = createCatalog()

it('finds every action template under its service', () => {
  expect(catalog.actions.length).toBeGreaterThan(0)
  for (const { action, service } of catalog.actions) {
    expect(catalog.findAction(action.id)?.service.id).toBe(service.id)
  }
})

it('knows what people connect most, and custom for the rest', () => {
  const promised = [
    'google-gmail google-calendar google-drive google-docs google-sheets google-contacts',
    'microsoft-outlook microsoft-outlook-calendar microsoft-outlook-contacts microsoft-onedrive microsoft-teams',
    'slack telegram discord zoom github gitlab jira linear notion trello asana airtable figma dropbox',
    'stripe hubspot salesforce shopify zendesk twilio sendgrid openai anthropic google-gemini openrouter',
    'aws aws-s3 cloudflare vercel sentry datadog pagerduty custom',
  ]
  for (const id of promised.join(' ').split(' ')) {
    expect(catalog.findService(id)?.id, id).toBe(id)
  }
})

it('names no write as needing no approval, but for reads that are sent with POST', () => {
  const quiet = catalog.actions.filter(({ action }) => action.approval === 'never')
  const writers = quiet.filter(({ action }) =>
    action.allow.some((entry) => entry.methods.some((m) => !['GET', 'HEAD', 'POST'].includes(m))),
  )
  expect(writers).toEqual([])
})

it('suggests the nearest names for one that is not there', () => {
  const names = catalog.actions.map(({ action }) => action.id)
  expect(nearestNames('gmail-raed', names)[0]).toBe('gmail-read')
  expect(nearestNames('gmail', names)).toContain('gmail-send')
  expect(nearestNames('zzzzzzzzzzzzzzzz', names)).toEqual([])
})
