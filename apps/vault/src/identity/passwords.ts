import { hash, verify } from '@node-rs/argon2'
import { Problem } from '@sallyport/contracts'

// OWASP's first choice for argon2id: 19 MiB, two passes, one lane. argon2id is the library's default.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const
const saltBytes = 16
/** Hashes under way at a time: 38 MiB, and two of the four threads that node has for this. */
const hashingMax = 2
/** Hashes that wait for their turn; more are refused. */
const waitingMax = 32
const retryAfterSeconds = 2

/** Hashes and verifies passwords, within bounds of memory and CPU. */
export interface Passwords {
  /** The PHC string to store. */
  hash(password: string): Promise<string>
  /** Whether the password is the one that was hashed. Without a hash it costs the same and is never right. */
  verify(password: string, stored: string | undefined): Promise<boolean>
}

/**
 * Builds the hasher. Both functions throw Problem `overloaded` when too many wait already, so that sign-ins in
 * parallel cannot use up the memory (S-42).
 */
export function createPasswords(needs: { randomBytes: (size: number) => Uint8Array }): Passwords {
  const inTurn = createTurns()
  // Well formed and of the same cost, but not made from any password.
  const nobodysHash = phc(needs.randomBytes(saltBytes), needs.randomBytes(cost.outputLen))
  return {
    hash: (password) => inTurn(() => hash(normalized(password), cost)),
    verify: (password, stored) =>
      inTurn(async () => {
        const isRight = await verify(stored ?? nobodysHash, normalized(password))
        return stored !== undefined && isRight
      }),
  }
}

/** NIST SP 800-63B §3.1.1.2: the same characters are the same password, however a keyboard composes them. */
const normalized = (password: string) => password.normalize('NFKC')

function phc(salt: Uint8Array, digest: Uint8Array): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '')
  const { memoryCost, timeCost, parallelism } = cost
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${text(salt)}$${text(digest)}`
}

function createTurns() {
  let running = 0
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= hashingMax) {
      if (waiting.length >= waitingMax) throw overloaded()
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The turn is handed on, not given back: nobody who comes now can take it from who waits.
      if (next === undefined) running -= 1
      else next()
    }
  }
}

const overloaded = () =>
  new Problem('overloaded', 'Too many people are signing in at this moment.', {
    next: 'Try again in a few seconds.',
    retryAfterSeconds,
  })
