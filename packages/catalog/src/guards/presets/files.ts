import type { GuardPreset } from '../guard-preset.ts'
import { executables } from './programs.ts'

const telling =
  '(?i)(passw(or)?d|secret|credential|private.?key|api.?key|id_rsa|\\.env\\b|\\.pem\\b|\\.p12\\b|\\.pfx\\b|\\.kdbx\\b|payroll|salar(y|ies)|passport|confidential)'

/** Files: with whom they are shared, and what is stored. */
export const filesPresets = [
  {
    id: 'public-link',
    group: 'files',
    label: 'Public links',
    sentence: 'Asks you before anything can be opened by everybody who has a link.',
    effect: 'require_approval',
    role: 'audience',
    test: { op: 'in', value: ['anyone', 'anonymous', 'public', 'open', true] },
  },
  {
    id: 'public-link-denied',
    group: 'files',
    label: 'No public links',
    sentence: 'Refuses to make anything open to everybody who has a link.',
    effect: 'deny',
    role: 'audience',
    test: { op: 'in', value: ['anyone', 'anonymous', 'public', 'open', true] },
  },
  {
    id: 'external-share',
    group: 'files',
    label: 'Shared outside',
    sentence: 'Asks you before anything is shared with somebody outside your own domains.',
    effect: 'require_approval',
    role: 'shareWith',
    test: { op: 'outside' },
  },
  {
    id: 'external-share-denied',
    group: 'files',
    label: 'Nothing shared outside',
    sentence: 'Refuses to share anything outside your own domains.',
    effect: 'deny',
    role: 'shareWith',
    test: { op: 'outside' },
  },
  {
    id: 'external-share-domains',
    group: 'files',
    label: 'Shared with other domains',
    sentence: 'Asks you before anything is shared with everybody of a domain that is not your own.',
    effect: 'require_approval',
    role: 'shareDomains',
    test: { op: 'foreign' },
  },
  {
    id: 'external-share-domains-denied',
    group: 'files',
    label: 'Not shared with other domains',
    sentence: 'Refuses to share anything with everybody of a domain that is not your own.',
    effect: 'deny',
    role: 'shareDomains',
    test: { op: 'foreign' },
  },
  {
    id: 'unseen-files',
    group: 'files',
    label: 'Uploads',
    sentence:
      'Asks you before a file is uploaded, since rules read neither its name nor what is in it.',
    effect: 'require_approval',
    ofUnseen: true,
  },
  {
    id: 'edit-access',
    group: 'files',
    label: 'Rights to change',
    sentence: 'Asks you before somebody may change what is shared, or owns it.',
    effect: 'require_approval',
    role: 'shareRole',
    test: {
      op: 'in',
      value: [
        ...['writer', 'fileOrganizer', 'organizer', 'owner', 'write', 'edit', 'review'],
        ...['sp.owner', 'sp.full control', 'createOnly'],
      ],
    },
  },
  {
    id: 'telling-names',
    group: 'files',
    label: 'Telling names',
    sentence: 'Asks you about files whose names speak of passwords, keys, salaries or passports.',
    effect: 'require_approval',
    role: 'fileNames',
    test: { op: 'matches', value: [telling] },
  },
  {
    id: 'risky-files',
    group: 'files',
    label: 'Programs as files',
    sentence: 'Refuses to store what the request names as a program or script.',
    effect: 'deny',
    role: 'fileNames',
    test: { op: 'matches', value: [executables] },
  },
] as const satisfies readonly GuardPreset[]
