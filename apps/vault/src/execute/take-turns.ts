/** Resolves when it is one's turn: one caller for each turn of the event loop, in the order in which they came. */
export type TakeTurn = () => Promise<void>

/**
 * Builds a queue for work that takes long without a pause. Between two pieces of it everything else gets its turn, so that
 * many large answers at once hold up neither other calls nor the proofs of life of the database.
 */
export function createTurns(): TakeTurn {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => new Promise((resolve) => void setImmediate(resolve)))
    return last
  }
}
