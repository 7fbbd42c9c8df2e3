import type { AskedRequest } from '../execute/approvals-needs.ts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type { ApprovalTerms } from '../policy/decision.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { rememberedPrint, rulesThatAsk } from './remember.ts'
import type { StoredRemembered } from './remembered-store.ts'
import { takeRequestApart } from './take-request-apart.ts'

/** Remembered answers that are compared with one request. */
const comparedMax = 100

type Asked = Pick<AskedRequest, 'call' | 'frozen' | 'decision'>
type Covering = Pick<
  StoredRemembered,
  'scope' | 'digest' | 'fields' | 'fingerprints' | 'freshSignIn' | 'ownersNeeded'
>

/**
 * Builds the look for an owner's yes that covers a request which the policy asks about: its id, or undefined. Nothing is used up by
 * it; that is done with the intent, where everything is looked at once more.
 */
export function createFindRemembered(needs: ApprovalsRoomNeeds) {
  return async (asked: Asked): Promise<string | undefined> => {
    const { call, frozen } = asked
    const { agent, connection, policy } = call
    const terms = asked.decision.approval ?? policy.compiled.approvalTerms
    const found = await needs.remembered.findUsable(
      {
        ...{ policyId: policy.id, agentId: agent.agentId, connectionId: connection.id },
        ...{ connectionVersion: connection.version, method: frozen.method },
        ...{ origin: frozen.origin, path: frozen.path, digest: frozen.digest },
      },
      comparedMax,
    )
    if (found.length === 0) return undefined
    const asking = rulesThatAsk(policy.compiled, frozen, needs.now())
    if (asking === undefined) return undefined
    const party = { ...agent, connectionId: connection.id }
    const print = rememberedPrint(needs.fingerprint, party)
    const covers = createCovers({ frozen, terms, asking, print })
    // The very same bytes first: what covers more is left for what nothing else covers.
    const ordered = found.toSorted(
      (a, b) => Number(b.scope === 'exact') - Number(a.scope === 'exact'),
    )
    return ordered.find(covers)?.id
  }
}

/** What a request says, to be compared. */
interface Compared {
  readonly frozen: FrozenRequest
  readonly terms: ApprovalTerms
  readonly asking: readonly { readonly id: string; readonly text: string }[]
  readonly print: (name: string, text: string) => string
}

interface Print {
  readonly key: string
  readonly name?: string
  readonly text: string | undefined
}

/**
 * Says whether a remembered yes covers a request: the same bytes; or the same shape, the same values where they are fixed. Never
 * where the policy asks in a way that was not answered: on stricter terms, or by a rule that did not ask then, or asked otherwise.
 */
export function createCovers({ frozen, terms, asking, print }: Compared) {
  const apart = takeRequestApart(frozen)
  const texts = new Map(apart?.fields.map(({ name, text }) => [name, text]))
  const isSame = (one: Covering, { key, name = key, text }: Print) =>
    text !== undefined &&
    Object.hasOwn(one.fingerprints, key) &&
    one.fingerprints[key] === print(name, text)
  return (one: Covering): boolean => {
    if (terms.freshSignIn && !one.freshSignIn) return false
    if (terms.ownersNeeded > one.ownersNeeded) return false
    if (!asking.every(({ id, text }) => isSame(one, { key: `rule.${id}`, name: 'rule', text })))
      return false
    // What was said of a tool was said of it as it was.
    if (frozen.tool !== undefined && !isSame(one, { key: 'tool', text: frozen.tool.digest })) {
      return false
    }
    if (one.scope === 'exact') return one.digest === frozen.digest
    if (one.fields.length === 0 || !isSame(one, { key: 'shape', text: apart?.shape })) return false
    return one.fields.every((name) =>
      isSame(one, { key: `field.${name}`, name, text: texts.get(name) }),
    )
  }
}
