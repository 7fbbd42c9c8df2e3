import { revealCharacters } from '@sallyport/contracts'

/**
 * Text of a document or an upstream for where no element can stand, such as the options of a list: one line, cut, what is
 * invisible or turns the direction named. Everywhere else take UntrustedText.
 */
export function plainText(text: string, charsMax: number): string {
  const characters = [...text]
  const cut = characters.length > charsMax ? `${characters.slice(0, charsMax).join('')}…` : text
  return revealCharacters(cut)
    .map((piece) => {
      if (piece.kind === 'text') return piece.source
      return piece.kind === 'line-end' ? ' ' : `‹${piece.label}›`
    })
    .join('')
}
