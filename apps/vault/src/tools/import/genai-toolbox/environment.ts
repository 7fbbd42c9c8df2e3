import type { ConfigValue } from '../higress/config-values.ts'
import type { DataObject } from '../read-document.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'

// `${NAME}` and `${NAME:default}` stand for environment variables in documents of genai-toolbox. The vault has none to give: an
// owner gives a value as a variable, and where it is a key, it is asked for as the credential.

const reference = /\$\{([A-Za-z_]\w{0,99})(?::([^}]*))?\}/g
const variablesMax = 500

/** All variables of a document with their defaults. */
export function environmentOf(document: string): DataObject {
  const found: Record<string, string> = Object.create(null)
  for (const [, name = '', fallback = ''] of document.matchAll(reference)) {
    if (Object.keys(found).length >= variablesMax) break
    found[name] = found[name] || fallback
  }
  return found
}

/**
 * A text with its variables as yields of constants.
 * @throws ToolRefused for one that has no value and is no key
 */
export function withEnvironment(text: string, config: ReadonlyMap<string, ConfigValue>): string {
  return text.replaceAll(reference, (all, name: string) => {
    const value = config.get(name)
    if (value === undefined) return all
    if (value.text === '' && !value.isSecret) {
      refuseTool(`It needs \${${name}}: give it as the variable ${name}.`)
    }
    return `{{.config.${name}}}`
  })
}
