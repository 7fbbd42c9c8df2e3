import type { Service } from '@sallyport/catalog'
import type { AllowEntry, Limits, PolicyDocument, ToolGrant } from '@sallyport/contracts'
import { tidyRequestRule, tidyResponseRule } from './tidy-rules.ts'

// A policy while it is being written: pure parts of the editor.

type ActionTemplate = Service['actions'][number]

/** What a policy says and nothing else: for an editor to begin with, out of what the vault answered. */
export function documentOf(policy: PolicyDocument): PolicyDocument {
  return tidy(policy)
}

/**
 * The same draft without what says nothing (members that are undefined, an empty list of options), its members in one order:
 * two drafts that mean the same are equal as JSON. What stands in a list keeps its place.
 */
export function tidy(draft: PolicyDocument): PolicyDocument {
  const { tools = [], rules = [], response = [], expiresAt } = draft
  const options = sorted(draft.approvalOptions ?? {})
  return {
    allow: draft.allow.map(tidyEntry),
    ...(tools.length > 0 && { tools: tools.map(tidyGrant) }),
    ...(rules.length > 0 && { rules: rules.map(tidyRequestRule) }),
    ...(response.length > 0 && { response: response.map(tidyResponseRule) }),
    approval: draft.approval,
    ...(Object.keys(options).length > 0 && { approvalOptions: options }),
    limits: tidyLimits(draft.limits),
    windows: draft.windows.map(({ days, from, to, timezone }) => ({ days, from, to, timezone })),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

function tidyLimits({ perMethod = {}, budget = {}, ...limits }: Limits): Limits {
  const ofMethods = Object.entries(perMethod).map(([method, rates]) => [method, sorted(rates)])
  return sorted({
    ...limits,
    budget: orNothing(sorted(budget)),
    perMethod: orNothing(sorted(Object.fromEntries(ofMethods))),
  }) as Limits
}

const orNothing = <T extends object>(value: T): T | undefined =>
  Object.keys(value).length === 0 ? undefined : value

function tidyGrant(grant: ToolGrant): ToolGrant {
  const { toolsetId, toolId, allowed, approval, expiresAt } = grant
  const limits = orNothing(sorted(grant.limits ?? {}))
  return {
    toolsetId,
    ...(toolId !== undefined && { toolId }),
    allowed,
    ...(approval !== undefined && { approval }),
    ...(limits !== undefined && { limits }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

function tidyEntry(entry: AllowEntry): AllowEntry {
  const { origin, methods, paths, approval, expiresAt, actionTemplateId } = entry
  const limits = orNothing(sorted(entry.limits ?? {}))
  return {
    origin,
    methods,
    paths,
    ...(approval !== undefined && { approval }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(limits !== undefined && { limits }),
    ...(actionTemplateId !== undefined && { actionTemplateId }),
  }
}

/** Members that say something, by name. An unticked box says nothing: it is what holds without it. */
function sorted<T extends object>(value: T): T {
  const said = Object.entries(value).filter(
    ([, member]) => member !== undefined && member !== false,
  )
  return Object.fromEntries(said.sort(([one], [other]) => (one < other ? -1 : 1))) as T
}

/** Whether two drafts say the same. */
export const isSame = (one: PolicyDocument, other: PolicyDocument): boolean =>
  JSON.stringify(tidy(one)) === JSON.stringify(tidy(other))

/** A draft that allows nothing yet. */
export const emptyDraft = (): PolicyDocument => ({
  allow: [],
  approval: 'writes',
  limits: {},
  windows: [],
})

/** An entry to be filled in. */
export const emptyEntry = (origin: string): AllowEntry => ({ origin, methods: ['GET'], paths: [] })

/** The entries with those of an action template added at the end, each asking as the template says. */
export function addTemplate(
  entries: readonly AllowEntry[],
  action: ActionTemplate,
): readonly AllowEntry[] {
  const added = action.allow.map((entry) => ({
    ...entry,
    approval: action.approval,
    actionTemplateId: action.id,
  }))
  return [...entries, ...added]
}

/** Whether the entries that stand for a template still say what the template says. */
export function isAsTemplate(entries: readonly AllowEntry[], action: ActionTemplate): boolean {
  const own = entries.filter(({ actionTemplateId }) => actionTemplateId === action.id)
  const reach = (list: readonly AllowEntry[]) =>
    JSON.stringify(list.map(({ origin, methods, paths }) => [origin, methods, paths]))
  return reach(own) === reach(action.allow)
}
