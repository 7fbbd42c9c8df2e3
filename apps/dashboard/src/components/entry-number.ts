/** The entry that a rule's id names (`allow[2]`: the third), counted from one as people do. */
export function entryNumber(ruleId: string): number | undefined {
  const at = /^allow\[(\d+)\]$/.exec(ruleId)?.[1]
  return at === undefined ? undefined : Number(at) + 1
}
