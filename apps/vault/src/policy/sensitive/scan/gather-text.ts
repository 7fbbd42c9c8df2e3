/** A text that is put together from many pieces. */
export interface GatheredText {
  add(piece: string): void
  text(): string
}

const piecesMax = 4096

/** Begins one. Joining millions of pieces at the end would take long without a pause, so some are joined now and again. */
export function gatherText(): GatheredText {
  const joined: string[] = []
  let pieces: string[] = []
  return {
    add(piece) {
      if (pieces.push(piece) < piecesMax) return
      joined.push(pieces.join(''))
      pieces = []
    },
    text: () => joined.join('') + pieces.join(''),
  }
}
