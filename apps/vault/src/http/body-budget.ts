import { Problem } from '@sallyport/contracts'

/** Bodies up to this size are always taken: the connections that can bring them are bounded. */
const freeBytesMax = 64 * 1024
/** Bytes of larger bodies that are being read or handled; what is made of one takes several times its size. */
const heldBytesMax = 96 * 1024 * 1024

/** What one request holds of the budget. */
export interface BodyLease {
  /** Takes a body's announced bytes, or those read so far. @throws Problem `overloaded` */
  hold(bytes: number): void
  /** Whether it holds a large body. */
  isHolding(): boolean
  /** For one more who uses the body: what is held is given back once all have called what this returns, and `release` was called. */
  keep(): () => void
  /** Gives all of it back, unless somebody keeps it. */
  release(): void
}

/** Shares out the memory that large bodies take, so that many at once are refused and not the end of the process. */
export interface BodyBudget {
  open(): BodyLease
}

export function createBodyBudget(): BodyBudget {
  let heldBytes = 0
  return {
    open() {
      let own = 0
      let users = 0
      const keep = () => {
        const state = { isDone: false }
        users += 1
        return () => {
          if (state.isDone) return
          state.isDone = true
          users -= 1
          if (users > 0) return
          heldBytes -= own
          own = 0
        }
      }
      return {
        hold(bytes) {
          const more = (bytes > freeBytesMax ? bytes : 0) - own
          if (more <= 0) return
          if (heldBytes + more > heldBytesMax) throw tooManyAtOnce()
          heldBytes += more
          own += more
        },
        isHolding: () => own > 0,
        keep,
        release: keep(),
      }
    },
  }
}

const tooManyAtOnce = () =>
  new Problem('overloaded', 'Too many large bodies are being handled, so nothing was done.', {
    next: 'Send it again in a moment, or less at once.',
    retryAfterSeconds: 1,
  })
