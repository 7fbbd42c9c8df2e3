import { endOfQuotes, type Fail } from './gjson-scan.ts'
import type { GjsonCondition, GjsonOperator, GjsonPath } from './gjson-types.ts'

const operators = ['==', '!=', '<=', '>=', '!%', '<', '>', '%', '='] as const

/**
 * Reads one condition of a filter.
 * @throws TemplateFault, made by `fail`
 */
export function readCondition(
  text: string,
  fail: Fail,
  readPath: (path: string) => GjsonPath,
): GjsonCondition {
  const at = findOperator(text, fail)
  const path = text.slice(0, at?.start ?? text.length).trim()
  return {
    path: path === '' ? undefined : readPath(path),
    operator: at === undefined ? 'exists' : at.operator,
    value: at === undefined ? null : readValue(text.slice(at.end).trim()),
  }
}

function findOperator(
  text: string,
  fail: Fail,
): { start: number; end: number; operator: GjsonOperator } | undefined {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '\\') at += 1
    else if (character === '"') at = endOfQuotes(text, at, fail)
    else if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    else if (depth === 0) {
      const operator = operators.find((one) => text.startsWith(one, at))
      if (operator !== undefined) {
        return {
          start: at,
          end: at + operator.length,
          operator: operator === '=' ? '==' : operator,
        }
      }
    }
  }
  return undefined
}

function readValue(text: string): string | number | boolean | null {
  if (text.startsWith('"') && text.endsWith('"') && text.length > 1) {
    return text.slice(1, -1).replace(/\\(.)/gs, '$1')
  }
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text
}
