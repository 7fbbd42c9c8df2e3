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
