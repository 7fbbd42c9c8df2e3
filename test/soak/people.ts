import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { Member } from './house.ts'
import type { Random } from './random.ts'

// What owners do, each noted down with the replica that was asked and how it ended.

/** Something that an owner did, or tried to. */
export interface PersonNote {
  readonly what: string
  /** The replica that was asked. */
  readonly member: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  /** The problem's type, where there is one. */
  readonly problem?: string | undefined
}

/** What people have said to an approval, as they know it. */
export interface Said {
  readonly approvalId: string
  readonly word: 'approve' | 'deny'
  /** False where it was answered with a problem, or not at all. */
  readonly isTaken: boolean
}

export interface People {
  readonly notes: readonly PersonNote[]
  readonly said: readonly Said[]
  /** Does it at one replica. Rejects as `act` does. */
  tryAt<T>(member: Member, what: string, act: (owner: Client) => Promise<T>): Promise<T>
  /** Does it at one replica and, where it fails, at others. @throws Error where none takes it for long */
  insist<T>(
    among: { readonly members: readonly Member[]; readonly chooser: Random },
    what: string,
    act: (owner: Client) => Promise<T>,
  ): Promise<T>
  /** Looks at what waits and says yes or no to it, now and then both at once. Never rejects. */
  answerApprovals(members: readonly Member[], chooser: Random): Promise<void>
}

const insistMsMax = 90_000
const insistPauseMs = 300

/** Starts with nothing noted. */
export function createPeople(): People {
  const notes: PersonNote[] = []
  const said: Said[] = []
  const tryAt: People['tryAt'] = async ({ name, owner }, what, act) => {
    const startedAt = Date.now()
    const told = (problem: string | undefined) =>
      void notes.push({ what, member: name, startedAt, endedAt: Date.now(), problem })
    try {
      const done = await act(owner)
      told(undefined)
      return done
    } catch (error) {
      told(error instanceof Problem ? error.type : String(error))
      throw error
    }
  }
  const say = async (member: Member, approvalId: string, word: Said['word']) => {
    const operation = word === 'approve' ? 'approveRequest' : 'denyRequest'
    const isTaken = await tryAt(member, `${word} ${approvalId}`, (owner) =>
      owner.call(operation, { approvalId }),
    ).then(
      () => true,
      () => false,
    )
    said.push({ approvalId, word, isTaken })
  }
  return {
    ...{ notes, said, tryAt },
    async insist({ members, chooser }, what, act) {
      const untilMs = performance.now() + insistMsMax
      for (;;) {
        try {
          return await tryAt(chooser.pick(members), what, act)
        } catch (error) {
          if (performance.now() > untilMs) throw error
          await new Promise((resolve) => setTimeout(resolve, insistPauseMs))
        }
      }
    },
    async answerApprovals(members, chooser) {
      const list = await tryAt(chooser.pick(members), 'list', (owner) =>
        owner.call('listApprovals', { status: 'pending' }),
      ).catch(() => ({ approvals: [] }))
      for (const { id } of list.approvals) {
        const words = chooser.chance(0.15)
          ? (['approve', 'deny'] as const)
          : [chooser.chance(0.75) ? ('approve' as const) : ('deny' as const)]
        await Promise.all(words.map((word) => say(chooser.pick(members), id, word)))
      }
    },
  }
}
