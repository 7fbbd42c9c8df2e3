import { Problem } from '@sallyport/contracts'
import { parseTemplate } from '../template/parse-template.ts'
import { type EscapeFor, type Template, TemplateFault } from '../template/template.ts'
import type { CallFacts } from './call-facts.ts'

/** What a template yields for a call, escaped for its place. */
export type RenderTemplate = (text: string, place: EscapeFor, facts: CallFacts) => string

/**
 * Renders the templates of one tool, each parsed when it is first needed. They see `.args` and `.config`, and no secret.
 * @throws (the function) Problem `invalid-arguments` where a template cannot be filled in with these arguments
 */
export function createRenderTemplate(): RenderTemplate {
  const parsed = new Map<string, Template>()
  return (text, place, { args, config, world }) => {
    try {
      const template = parsed.get(text) ?? parseTemplate(text)
      parsed.set(text, template)
      return template.render({ args, config }, place, world)
    } catch (cause) {
      if (!(cause instanceof TemplateFault)) throw cause
      throw new Problem(
        'invalid-arguments',
        `The tool's template cannot be filled in: ${cause.message}`,
        {
          next: 'Correct the arguments; if they are right, an owner has to correct the template.',
          fields: [{ field: 'arguments', message: cause.message }],
          cause,
        },
      )
    }
  }
}
