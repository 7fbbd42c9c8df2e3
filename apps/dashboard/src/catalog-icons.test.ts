import * as simpleIcons from 'simple-icons'
import { expect, it } from 'vitest'
import { catalog } from './catalog.ts'

const slugs = new Set(
  Object.values(simpleIcons).flatMap((icon) => ('slug' in icon ? [icon.slug] : [])),
)

/** Brands that simple-icons has not, most of them because their owners do not want it. They are shown by a letter. */
const without = [
  'amazonwebservices',
  'custom',
  'groq',
  'microsoftonedrive',
  'microsoftoutlook',
  'microsoftteams',
  'microsofttodo',
  'openai',
  'salesforce',
  'sendgrid',
  'slack',
  'tavily',
  'twilio',
]

it('knows the logo of every service, but for brands that have none to show', () => {
  const missing = new Set(
    catalog.services.map(({ icon }) => icon).filter((icon) => !slugs.has(icon)),
  )
  expect([...missing].toSorted()).toEqual(without)
})
