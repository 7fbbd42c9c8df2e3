import { describe, expect, it } from 'vitest'
import { createCatalog } from './catalog.ts'
import { parseVendors } from './parse-vendors.ts'
import { validateCatalog } from './validate.ts'
import { vendors } from './vendors.ts'

const catalog = createCatalog()

it('contradicts itself nowhere, which no start of the vault looks at again', () => {
  expect(validateCatalog(parseVendors(vendors))).toEqual([])
})
const reads = new Set(['GET', 'HEAD'])

describe('the catalog’s data', () => {
  it('keeps the ids of actions that policies were granted by', () => {
    const granted = [
      'gmail-read gmail-send calendar-read calendar-manage drive-read outlook-read outlook-send',
      'teams-read teams-manage github-read github-issues openai-generate anthropic-generate',
      'slack-read slack-send telegram-read telegram-send notion-read notion-write',
    ]
    for (const id of granted.join(' ').split(' ')) expect(catalog.findAction(id), id).toBeDefined()
  })

  it('says of an action that an owner is asked where one is, and nowhere else', () => {
    for (const { action } of catalog.actions) {
      const isSaid = action.description.includes('an owner is asked')
      const modes = action.allow.map((entry) => entry.approval ?? action.approval)
      expect(isSaid, action.id).toBe(modes.some((mode) => mode !== 'never'))
    }
  })

  it('asks no owner about what only reads by GET', () => {
    for (const { action } of catalog.actions) {
      const onlyReads = action.allow.every(({ methods }) => methods.every((m) => reads.has(m)))
      if (onlyReads) expect(action.approval, action.id).toBe('never')
    }
  })

  it('allows in every region of a service what it allows in one', () => {
    for (const { service, action } of catalog.actions) {
      const regions = service.origins.filter((origin) =>
        /\.(us3|us5|eu|au|ap1|ap2|uk1)\b/.test(origin),
      )
      const reached = new Set(action.allow.map(({ origin }) => origin))
      for (const region of regions) expect(reached.has(region), `${action.id} ${region}`).toBe(true)
    }
  })

  it('names no place for a credential that the agent could fill in itself', () => {
    for (const { credentials, requestHeaders } of catalog.services) {
      for (const slot of credentials) {
        if (slot.kind === 'header') expect(requestHeaders).not.toContain(slot.name.toLowerCase())
      }
    }
  })
})
