import { lexTemplate, type Token } from '../../template/lex-template.ts'
import { TemplateFault } from '../../template/template.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'

/**
 * The same template for the vault, whose templates see arguments as `.args`: genai-toolbox has them at the root (`{{.name}}`).
 * @throws ToolRefused for a template that cannot be read
 */
export function underArgs(template: string, what: string): string {
  let written = ''
  let at = 0
  const blocks: { changesDot: boolean }[] = []
  for (const action of actionsOf(template, what)) {
    const [first] = action
    const word = first?.kind === 'word' ? first.text : undefined
    if (word === 'end') blocks.pop()
    // After else the dot is what it was outside.
    if (word === 'else' && blocks.length > 0) blocks.splice(-1, 1, { changesDot: false })
    const isRoot = blocks.every(({ changesDot }) => !changesDot)
    for (const token of action) {
      const insertAt = placeFor(token, isRoot)
      if (insertAt === undefined) continue
      written += `${template.slice(at, insertAt)}.args`
      // A lone dot becomes `.args`, without a dot after it.
      at = token.text === '.' ? insertAt + 1 : insertAt
    }
    if (word === 'if' || word === 'with' || word === 'range')
      blocks.push({ changesDot: word !== 'if' })
  }
  return written + template.slice(at)
}

function actionsOf(template: string, what: string): readonly (readonly Token[])[] {
  try {
    return lexTemplate(template).flatMap((piece) => ('tokens' in piece ? [piece.tokens] : []))
  } catch (thrown) {
    if (!(thrown instanceof TemplateFault)) throw thrown
    return refuseTool(`The template of ${what} cannot be used. ${thrown.message}`)
  }
}

/** Where `.args` goes in before a field of the dot, or after `$`. */
function placeFor(token: Token, isRoot: boolean): number | undefined {
  if (token.kind === 'field' && isRoot && !token.joined) return token.offset
  const isRootVariable =
    token.kind === 'variable' && (token.text === '$' || token.text.startsWith('$.'))
  return isRootVariable ? token.offset + 1 : undefined
}
