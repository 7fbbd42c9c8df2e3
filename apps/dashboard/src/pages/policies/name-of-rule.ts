import type { PolicyDocument } from '@sallyport/contracts'
import { entryNumber } from '../../components/entry-number.ts'

/** What a decision's `ruleId` names, as it stands in the editor: `entry 2`, `rule 3 (No strangers)`. */
export function nameOfRule(ruleId: string, { rules = [] }: PolicyDocument): string {
  const entry = entryNumber(ruleId)
  if (entry !== undefined) return `entry ${entry}`
  const at = rules.findIndex(({ id }) => id === ruleId)
  const label = rules[at]?.label
  return at < 0 ? ruleId : `rule ${at + 1}${label === undefined ? '' : ` (${label})`}`
}
