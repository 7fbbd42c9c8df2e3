import type { TestedPolicy } from './run-policy-tests.ts'

/** How a test went, in lines: of one that failed, what was expected and what came out, and what the policy says to it. */
export function describeTest({ file, line, name, differences, decided }: TestedPolicy): string[] {
  if (differences.length === 0) return [`ok   ${name}`]
  const { decision, ruleId, rule, reason } = decided
  const by = [
    ...(ruleId === undefined ? [] : [ruleId]),
    ...(rule === undefined ? [] : [`“${rule}”`]),
  ]
  return [
    `FAIL ${name}  (${file}:${line})`,
    ...differences.flatMap(({ what, expected, was }) => [
      `       ${what}`,
      `         expected  ${JSON.stringify(expected)}`,
      `         was       ${JSON.stringify(was) ?? 'nothing'}`,
    ]),
    `       ${decision}${by.length === 0 ? '' : ` by ${by.join(' ')}`}: ${reason}`,
  ]
}
