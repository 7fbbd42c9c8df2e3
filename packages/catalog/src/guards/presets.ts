import type { GuardPreset } from './guard-preset.ts'
import { calendarPresets } from './presets/calendar.ts'
import { changesPresets } from './presets/changes.ts'
import { filesPresets } from './presets/files.ts'
import { messagingPresets } from './presets/messaging.ts'
import { readingPresets } from './presets/reading.ts'

/** All presets. */
export const guardPresets: readonly GuardPreset[] = [
  ...messagingPresets,
  ...filesPresets,
  ...calendarPresets,
  ...readingPresets,
  ...changesPresets,
]

export type GuardPresetId =
  | (typeof messagingPresets)[number]['id']
  | (typeof filesPresets)[number]['id']
  | (typeof calendarPresets)[number]['id']
  | (typeof readingPresets)[number]['id']
  | (typeof changesPresets)[number]['id']
