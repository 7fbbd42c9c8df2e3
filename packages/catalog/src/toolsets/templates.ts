import { airtable } from './airtable.ts'
import { asana } from './asana.ts'
import type { CatalogTemplate } from './catalog-template.ts'
import { cloudflare } from './cloudflare.ts'
import { confluence } from './confluence.ts'
import { discord } from './discord.ts'
import { expandTemplate, type TemplateSource } from './expand-template.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { gmail } from './gmail.ts'
import { googleCalendar } from './google-calendar.ts'
import { googleDrive } from './google-drive.ts'
import { googleSheets } from './google-sheets.ts'
import { hubspot } from './hubspot.ts'
import { jira } from './jira.ts'
import { linear } from './linear.ts'
import { notion } from './notion.ts'
import { outlook } from './outlook.ts'
import { sendgrid } from './sendgrid.ts'
import { sentry } from './sentry.ts'
import { slack } from './slack.ts'
import { stripe } from './stripe.ts'
import { todoist } from './todoist.ts'
import { trello } from './trello.ts'
import { twilio } from './twilio.ts'
import { vercel } from './vercel.ts'
import { brave, openai, perplexity, tavily } from './web-search.ts'

const sources: readonly TemplateSource[] = [
  airtable,
  asana,
  brave,
  cloudflare,
  confluence,
  discord,
  github,
  gitlab,
  gmail,
  googleCalendar,
  googleDrive,
  googleSheets,
  hubspot,
  jira,
  linear,
  notion,
  openai,
  outlook,
  perplexity,
  sendgrid,
  sentry,
  slack,
  stripe,
  tavily,
  todoist,
  trello,
  twilio,
  vercel,
]

/** The ready toolsets of the catalog, written out in full. */
export const toolsetTemplates: readonly CatalogTemplate[] = sources.map(expandTemplate)
