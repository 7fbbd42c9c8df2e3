import type { GuardPreset } from '../guard-preset.ts'

/** Events: who is invited, and when they begin. */
export const calendarPresets = [
  {
    id: 'external-attendees',
    group: 'calendar',
    label: 'Guests outside',
    sentence: 'Asks you before somebody outside your own domains is invited.',
    effect: 'require_approval',
    role: 'attendees',
    test: { op: 'outside' },
  },
  {
    id: 'external-attendees-denied',
    group: 'calendar',
    label: 'No guests outside',
    sentence: 'Refuses to invite anybody outside your own domains.',
    effect: 'deny',
    role: 'attendees',
    test: { op: 'outside' },
  },
  {
    id: 'many-attendees',
    group: 'calendar',
    label: 'Many guests',
    sentence: 'Asks you before more than 20 people are invited.',
    effect: 'require_approval',
    role: 'attendeeLists',
    test: { op: 'count_gt', value: 20 },
  },
  {
    id: 'off-hours-events',
    group: 'calendar',
    label: 'Events at night',
    sentence:
      'Asks you about events that begin between 21:00 and 07:00, as the event writes its time.',
    effect: 'require_approval',
    role: 'eventStart',
    test: { op: 'matches', value: ['[Tt ](0[0-6]|2[1-4]):'] },
  },
  {
    id: 'unseen-events',
    group: 'calendar',
    label: 'Events of a sentence',
    sentence: 'Asks you before an event is made whose guests and time the request does not show.',
    effect: 'require_approval',
    ofUnseen: true,
  },
  {
    id: 'unseen-events-denied',
    group: 'calendar',
    label: 'No events of a sentence',
    sentence: 'Refuses events whose guests and time the request does not show.',
    effect: 'deny',
    ofUnseen: true,
  },
] as const satisfies readonly GuardPreset[]
