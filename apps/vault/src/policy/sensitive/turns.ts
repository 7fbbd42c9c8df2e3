/** Work that pauses whenever it yields, so that others may have their turn. A pause comes after little work on any text. */
export type Turns<T> = Generator<undefined, T>

/** Does the work without a pause. */
export function atOnce<T>(work: Turns<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
