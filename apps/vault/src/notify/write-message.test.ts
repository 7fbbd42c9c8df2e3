import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { bodyOf, factCharsMax, titleCharsMax } from './message.ts'
import type { Subject } from './notify-store.ts'
import { overReason, readersOf, writeGathered, writeMessage, writeTest } from './write-message.ts'

const at = { pagesUrl: 'https://vault.example', ownerRole: 'owner' } as const
const approval = {
  kind: 'approval',
  ...{ id: 'apr_1', status: 'pending', agentName: 'robot', connectionLabel: 'Mail' },
  ...{ method: 'POST', host: 'api.example.com', path: '/v1/send', reason: 'Writes are asked for.' },
  ...{ agentReason: 'the user said so', expiresAt: new Date('2026-11-21T12:30:00Z') },
  ...{ freshSignIn: false, ownersNeeded: 1 },
} satisfies Subject
const alert = {
  kind: 'unusual_activity',
  ...{ id: 'alr_1', alertKind: 'burst', sentence: '90 attempts in 5 minutes.', agentName: 'robot' },
  ...{ connectionLabel: 'Mail', agentDisabled: false, isAcknowledged: false },
} satisfies Subject
const subjects: readonly Subject[] = [
  approval,
  alert,
  { ...alert, kind: 'limit_reached', alertKind: 'limit_reached' },
  {
    kind: 'capability',
    ...{ id: 'cap_1', status: 'pending', agentName: 'robot', actionTemplateId: 'gmail-read' },
    agentReason: 'to read mail',
  },
  {
    kind: 'needs_reauth',
    ...{ id: 'con_1', status: 'needs_reauth', label: 'Mail', service: 'google-gmail' },
    reason: 'invalid_grant',
  },
  {
    kind: 'freeze',
    ...{ id: 'wsp_1', name: 'Acme', frozenAt: new Date(0), frozenByEmail: 'me@example.com' },
  },
]

describe('what a message says', () => {
  it('is what, who, where, until when and a page', () => {
    const message = writeMessage(approval, { detail: 'full' }, at)
    expect(message.title).toBe('robot asks: POST api.example.com/v1/send')
    expect(message.url).toBe('https://vault.example/approvals/apr_1')
    expect(bodyOf(message)).toBe(
      [
        'Agent: robot',
        'Request: POST api.example.com/v1/send',
        'Connection: Mail',
        'Why you are asked: Writes are asked for.',
        'The agent says: “the user said so”',
        'Until: 2026-11-21 12:30 UTC',
      ].join('\n'),
    )
  })

  it('names the tool where a call of one asks', () => {
    const asked = { ...approval, tool: 'mail.send_message' }
    expect(bodyOf(writeMessage(asked, { detail: 'full' }, at))).toMatch(
      /^Agent: robot\nTool: mail\.send_message\nRequest: POST /,
    )
    expect(writeMessage(asked, { detail: 'minimal' }, at).facts).toEqual([])
  })

  it('names nothing of the workspace where little is to be told', () => {
    for (const subject of subjects) {
      const message = writeMessage(subject, { detail: 'minimal' }, at)
      expect(message.facts).toEqual([])
      for (const word of ['robot', 'Mail', 'api.example.com', 'gmail', 'Acme', 'me@', '90']) {
        expect(message.title).not.toContain(word)
      }
    }
    expect(writeGathered(subjects, { detail: 'minimal' }, at).facts).toEqual([])
    expect(writeTest({ detail: 'minimal', label: 'Mine' }, at).facts).toEqual([])
  })

  it('is bounded, on single lines, with everything that cannot be seen made visible', () => {
    verifies('S-28')
    const words = fc.string({ unit: 'binary', maxLength: 400 })
    fc.assert(
      fc.property(words, (text) => {
        const said = {
          ...approval,
          agentName: text,
          agentReason: text,
          path: `/${text}`,
          reason: text,
        }
        const message = writeMessage(said, { detail: 'full' }, at)
        expect(message.title.length).toBeLessThanOrEqual(titleCharsMax)
        for (const { value } of message.facts)
          expect(value.length).toBeLessThanOrEqual(factCharsMax)
        const shown = [message.title, ...message.facts.map(({ value }) => value)]
        for (const one of shown) {
          expect(one).not.toMatch(
            /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066\u2067\u200b\ufeff]|\p{Cs}/u,
          )
          // What turns the direction round is closed where it is opened.
          expect(one.split('\u2068').length).toBe(one.split('\u2069').length)
        }
      }),
    )
  })

  it('lets nobody decide at a button where a yes takes more, or the person may not', () => {
    verifies('S-26')
    const may = (
      more: { freshSignIn?: boolean; ownersNeeded?: number },
      ownerRole: 'owner' | 'approver' | 'auditor',
    ) => writeMessage({ ...approval, ...more }, { detail: 'full' }, { ...at, ownerRole }).mayDecide
    expect(may({}, 'approver')).toEqual({
      ...{ approvalId: 'apr_1', method: 'POST', host: 'api.example.com', path: '/v1/send' },
    })
    expect(may({}, 'auditor')).toBeUndefined()
    expect(may({ freshSignIn: true }, 'owner')).toBeUndefined()
    expect(may({ ownersNeeded: 2 }, 'owner')).toBeUndefined()
  })

  it('opens a page of the dashboard and nothing else, whatever an id holds', () => {
    verifies('S-26')
    for (const subject of subjects) {
      const { url } = writeMessage({ ...subject, id: '../api/x?y#z' }, { detail: 'full' }, at)
      expect(new URL(url).pathname).not.toMatch(/^\/api/)
      expect(new URL(url).search).toBe('')
    }
  })
})

describe('who is told, and until when', () => {
  it('is who may read it', () => {
    expect(readersOf.approval).toEqual(['owner', 'admin', 'approver', 'auditor'])
    expect(readersOf.unusual_activity).toEqual(['owner', 'admin', 'auditor'])
    expect(readersOf.limit_reached).not.toContain('approver')
  })

  it('ends when what it is about is over', () => {
    for (const subject of subjects) expect(overReason(subject)).toBeUndefined()
    expect(overReason(undefined)).toBeDefined()
    for (const status of ['approved', 'denied', 'expired', 'cancelled', 'consumed'] as const) {
      expect(overReason({ ...approval, status })).toContain(status)
    }
    expect(overReason({ ...alert, isAcknowledged: true })).toBeDefined()
  })
})
