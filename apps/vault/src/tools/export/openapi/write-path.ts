import type { HttpToolDefinition } from '@sallyport/contracts'
import { NotSayable } from './not-sayable.ts'

/** The path with {parameters} in their places, which are called as their arguments are. */
export function writePath({ binding }: HttpToolDefinition): string {
  const pieces = binding.path.map((piece) => {
    if ('text' in piece) {
      if (/[{}?#]/.test(piece.text)) throw new NotSayable('the text of its path')
      return piece.text
    }
    if ('template' in piece) throw new NotSayable('a template in its path')
    return `{${pathParameter(piece.argument)}}`
  })
  return pieces.join('')
}

/** What the path parameter of an argument is called. */
export function pathParameter(argument: readonly string[]): string {
  const name = argument.join('.')
  if (/[{}/?#]/.test(name)) throw new NotSayable(`the name of the argument ${name}`)
  return name
}
