import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { createScrubber } from './scrub.ts'
import type { ReadyCredential } from './send-permitted.ts'
import { credentialFor } from './tool-credential.ts'

const secret = 'a-secret-0123456789'
const ready: ReadyCredential = {
  put: { headers: [['authorization', `Bearer ${secret}`]], query: [] },
  scrubber: createScrubber([secret]),
  renew: async () => undefined,
}

describe('a tool that takes no credential', () => {
  it.each(['at once', 'after a wait'])('has none put on, and sees none (%s)', async (when) => {
    verifies('S-20')
    const readyCredential = () => (when === 'at once' ? ready : Promise.resolve(ready))
    const tool = { compiled: { credential: 'none' } }
    const call = { connection: {}, tool } as unknown as ResolvedCall
    const { put, scrubber, ...rest } = await credentialFor({ readyCredential }, call)
    expect([put, rest]).toEqual([{ headers: [], query: [] }, {}])
    // An upstream that remembers what another call brought.
    expect(scrubber.text(`it was ${secret}`)).toBe('it was [redacted]')
  })
})
