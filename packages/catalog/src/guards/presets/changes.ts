import type { GuardPreset } from '../guard-preset.ts'

/** What cannot be taken back, and changes of every kind. */
export const changesPresets = [
  {
    id: 'deletions',
    group: 'destructive',
    label: 'Deleting',
    sentence: 'Asks you before anything is deleted, removed or withdrawn.',
    effect: 'require_approval',
    ofDeletions: true,
  },
  {
    id: 'deletions-denied',
    group: 'destructive',
    label: 'No deleting',
    sentence: 'Refuses to delete, remove or withdraw anything.',
    effect: 'deny',
    ofDeletions: true,
  },
  {
    id: 'mutations-that-delete',
    group: 'destructive',
    label: 'Mutations that delete',
    sentence: 'Asks you before a GraphQL mutation that deletes, archives or removes something.',
    effect: 'require_approval',
    role: 'query',
    test: {
      op: 'matches',
      value: ['(?is)\\bmutation\\b.*\\b\\w*(delete|archive|remove|trash|destroy|purge)'],
    },
  },
  {
    id: 'every-change',
    group: 'administrative',
    label: 'Every change',
    sentence: 'Asks you before every request that may change something, whatever else is said.',
    effect: 'require_approval',
  },
] as const satisfies readonly GuardPreset[]
