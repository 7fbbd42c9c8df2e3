import type { ActionTemplate, GuardLevel } from '@sallyport/contracts'
import type { Service } from '../schema.ts'
import { guardBindings } from './bindings.ts'
import type { GuardRole } from './guard-preset.ts'
import type { GuardPresetId } from './presets.ts'

/** The presets of an action template at a level, from the first to the last. */
export function guardUses(
  service: Pick<Service, 'category'>,
  action: ActionTemplate,
  level: GuardLevel,
): readonly GuardPresetId[] {
  const at = guardLevel[level]
  return [
    ...(writes(action) ? usesOfWriting(service, action, at) : []),
    ...(service.category === 'ai' ? (usesOfModels[at] ?? []) : usesOfReading(action, at)),
  ]
}

type Level = 0 | 1 | 2
const guardLevel: Readonly<Record<GuardLevel, Level>> = { minimal: 0, standard: 1, strict: 2 }

/** What is sent to a language model leaves the house as a message does. */
const usesOfModels: readonly (readonly GuardPresetId[])[] = [
  ['secrets-sent'],
  ['secrets-sent', 'personal-data-sent'],
  ['secrets-sent', 'personal-data-denied'],
]

function usesOfReading(action: ActionTemplate, at: Level): readonly GuardPresetId[] {
  if (!reads(action)) return []
  const ofAnswers: GuardPresetId[] = ['secrets-in-answers']
  if (at >= 1) ofAnswers.push('personal-data-in-answers')
  // Whoever reads an address book wants the addresses.
  if (at === 2 && !action.id.includes('contacts')) ofAnswers.push('contacts-in-answers')
  if (at === 2 && !writes(action)) ofAnswers.push('reading-rate')
  return ofAnswers
}

/** By role: what a level adds. What a stricter level refuses is not asked about there. */
const usesOfRoles: Readonly<Record<GuardRole, readonly (readonly GuardPresetId[])[]>> = {
  recipients: [[], ['external-recipients'], ['external-recipients-denied']],
  recipientLists: [[], ['many-recipients'], ['many-recipients']],
  text: [
    ['secrets-sent'],
    ['secrets-sent', 'personal-data-sent', 'everyone-mentioned'],
    ['secrets-sent', 'personal-data-denied', 'everyone-mentioned'],
  ],
  attachmentNames: [['risky-attachments'], ['risky-attachments'], ['risky-attachments']],
  attachmentLists: [[], [], ['attachments']],
  audience: [['public-link'], ['public-link'], ['public-link-denied']],
  shareWith: [[], ['external-share'], ['external-share-denied']],
  shareDomains: [[], ['external-share-domains'], ['external-share-domains-denied']],
  shareRole: [[], ['edit-access'], ['edit-access']],
  fileNames: [[], ['risky-files'], ['risky-files', 'telling-names']],
  attendees: [[], ['external-attendees'], ['external-attendees-denied']],
  attendeeLists: [[], ['many-attendees'], ['many-attendees']],
  eventStart: [[], [], ['off-hours-events']],
  query: [['mutations-that-delete'], ['mutations-that-delete'], ['mutations-that-delete']],
}

/** What is in such requests is not known, so whatever is refused of others is asked about here, or refused as well. */
const usesOfUnseen: Readonly<
  Record<'messages' | 'events' | 'files', readonly (readonly GuardPresetId[])[]>
> = {
  messages: [['unseen-messages'], ['unseen-messages'], ['unseen-messages-denied']],
  events: [['unseen-events'], ['unseen-events'], ['unseen-events-denied']],
  files: [[], ['unseen-files'], ['unseen-files']],
}

function usesOfWriting(
  { category }: Pick<Service, 'category'>,
  action: ActionTemplate,
  at: Level,
): readonly GuardPresetId[] {
  const binding = guardBindings[action.id]
  const roles = Object.keys(binding?.fields ?? {}) as GuardRole[]
  const deletes =
    binding?.deletions !== undefined ||
    binding?.deletionsWhen !== undefined ||
    action.allow.some(({ methods }) => methods.includes('DELETE'))
  // Deleting is all that such an action is for: refusing it would take back what was granted.
  const isForDeleting = action.allow.every(({ methods }) => methods.every((m) => m === 'DELETE'))
  const isFiles = category === 'files-and-documents' || category === 'infrastructure'
  const general: GuardPresetId[] = []
  const unseen = binding?.unseen?.what ?? (binding?.uploads && 'files')
  if (unseen !== undefined) general.push(...(usesOfUnseen[unseen][at] ?? []))
  if (deletes) general.push(at === 2 && !isForDeleting ? 'deletions-denied' : 'deletions')
  if (!roles.includes('text') && !isFiles && at >= 1) general.push('secrets-sent')
  if (!roles.includes('text') && at === 2) general.push('personal-data-sent')
  if (at === 2) general.push('every-change')
  const ofRoles = roles.flatMap((role) => usesOfRoles[role][at] ?? [])
  // Nobody is called by a letter.
  const fitting = ofRoles.filter((id) => id !== 'everyone-mentioned' || category === 'chat')
  return [...new Set([...fitting, ...general])]
}

/** POST is how some services are read: such an entry asks nobody. */
const isReading = (entry: ActionTemplate['allow'][number], action: ActionTemplate) =>
  entry.methods.every((method) => method === 'GET' || method === 'HEAD') ||
  (entry.approval ?? action.approval) === 'never'

const reads = (action: ActionTemplate) => action.allow.some((entry) => isReading(entry, action))
const writes = (action: ActionTemplate) => !action.allow.every((entry) => isReading(entry, action))
