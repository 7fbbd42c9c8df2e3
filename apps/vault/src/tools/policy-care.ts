import { type PolicyDocument, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { renameInRules, type ToolRenames } from '../policy/rename-tools.ts'
import { looserParts } from './looser-parts.ts'

/** An agent whose policy for another connection would hold it back less. */
export interface LooserPolicy {
  readonly agentName: string
  /** What its policy for the connection that the tools leave says beside. */
  readonly parts: readonly string[]
}

/** What a change of tools keeps of the policies that it comes by: nothing that holds an agent back is lost in silence. */
export interface PolicyCare {
  /**
   * The document with the new names in its rules; the same one where they say the same. Problem `insufficient-scope` where one
   * that allows would speak of a tool only now, and whoever asks may not write policies.
   */
  rename(document: PolicyDocument, renames: ToolRenames): PolicyDocument
  /** What of the one policy the other one lacks; none: it holds back as much. */
  looserParts(from: PolicyDocument, to: PolicyDocument): readonly string[]
  /** Problem `policy-exists`: policies for the other connection hold agents back less. */
  refuseLooser(policies: readonly LooserPolicy[]): never
}

/** Named in one answer. */
const agentsToldMax = 5

/** Builds it for a change that an owner makes. */
export const policyCareOf = ({ scopes }: Pick<AuthenticatedOwner, 'scopes'>): PolicyCare => ({
  looserParts,

  rename(document, renames) {
    const { document: renamed, turns } = renameInRules(document, renames)
    const widened = turns.find(({ then, turn }) => then === 'allow' && turn === 'begins')
    if (widened === undefined || scopes.has('policies:write')) return renamed
    throw new Problem(
      'insufficient-scope',
      `The rule ${widened.ruleId} of a policy allows calls of ${widened.tool}: a tool that gets this name needs the scope policies:write.`,
      { next: 'Choose another name, or let an owner do it who may write policies.' },
    )
  },

  refuseLooser(policies) {
    const told = policies
      .slice(0, agentsToldMax)
      .map(({ agentName, parts }) => `${agentName} (${parts.join(', ')})`)
    const more = policies.length - told.length
    const whose = `${told.join('; ')}${more > 0 ? ` and ${more} more` : ''}`
    throw new Problem(
      'policy-exists',
      `Agents with grants of these tools have a policy for the other connection that holds them back less: ${whose}.`,
      {
        next: 'Say the same in their policies for that connection first, or take the grants away and give them again there.',
        fields: [{ field: 'connectionId', message: 'has policies that lack what the others say' }],
      },
    )
  },
})
