import { refuseTool } from '../yaml-tools/tool-refused.ts'

// `${NAME}` and `${NAME:default}` stand for environment variables in documents. The vault’s own environment is never looked at: an
// owner gives values, and what has neither a value nor a default is asked for.

const reference = /\$\{([A-Za-z_]\w{0,99})(?::([^}]*))?\}/g

/** A text with its variables filled in; `missing` names those that have no value. */
interface Filled {
  readonly text: string
  readonly missing: readonly string[]
}

export type Fill = (text: string) => Filled

/** Builds it for the values that an owner gave. */
export function createFill(variables: Readonly<Record<string, string>>): Fill {
  return (text) => {
    const missing: string[] = []
    const filled = text.replaceAll(reference, (_, name: string, usual: string | undefined) => {
      // A name such as `constructor` is no value of the object’s own.
      const value = Object.hasOwn(variables, name) ? variables[name] : usual
      if (value !== undefined && value !== '') return value
      missing.push(name)
      return ''
    })
    return { text: filled, missing }
  }
}

/** The same for what a tool cannot do without. @throws ToolRefused */
export function fillWhole(fill: Fill, text: string): string {
  const { text: filled, missing } = fill(text)
  const [name] = missing
  if (name !== undefined) refuseTool(`It needs \${${name}}: give it as the variable ${name}.`)
  return filled
}
