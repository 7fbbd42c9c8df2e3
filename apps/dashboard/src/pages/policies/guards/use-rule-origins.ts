import type { PolicyDocument, RequestRule, ResponseRule } from '@sallyport/contracts'
import { useMemo } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { catalog } from '../../../catalog.ts'
import { guardsOf, originOf, type RuleOrigin } from './rule-origin.ts'

/** Where each rule of a list comes from, in its order; undefined for one of the owner's own. */
export function useRuleOrigins(
  listed: readonly (RequestRule | ResponseRule)[],
): readonly (RuleOrigin | undefined)[] {
  const { control } = useFormContext<PolicyDocument>()
  const [allow, rules] = useWatch({ control, name: ['allow', 'rules'] })
  return useMemo(() => {
    const guard = guardsOf({ allow, rules }, catalog.findAction)
    return listed.map((rule) => originOf(rule, catalog.findAction, guard))
  }, [allow, rules, listed])
}
