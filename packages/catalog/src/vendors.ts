import type { Vendor } from './schema.ts'
import { anthropic } from './services/anthropic.ts'
import { github } from './services/github.ts'
import { google } from './services/google.ts'
import { microsoft } from './services/microsoft.ts'
import { notion } from './services/notion.ts'
import { openai } from './services/openai.ts'
import { slack } from './services/slack.ts'
import { telegram } from './services/telegram.ts'

/** Every vendor, in the order of the alphabet: one file of `services/` each. */
export const vendors: readonly Vendor[] = [
  anthropic,
  github,
  google,
  microsoft,
  notion,
  openai,
  slack,
  telegram,
]
