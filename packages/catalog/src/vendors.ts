import type { Vendor } from './schema.ts'
import { airtable } from './services/airtable.ts'
import { anthropic } from './services/anthropic.ts'
import { asana } from './services/asana.ts'
import { atlassian } from './services/atlassian.ts'
import { aws } from './services/aws.ts'
import { box } from './services/box.ts'
import { brave } from './services/brave.ts'
import { clickup } from './services/clickup.ts'
import { cloudflare } from './services/cloudflare.ts'
import { datadog } from './services/datadog.ts'
import { deepseek } from './services/deepseek.ts'
import { discord } from './services/discord.ts'
import { dropbox } from './services/dropbox.ts'
import { elevenlabs } from './services/elevenlabs.ts'
import { figma } from './services/figma.ts'
import { github } from './services/github.ts'
import { gitlab } from './services/gitlab.ts'
import { google } from './services/google.ts'
import { groq } from './services/groq.ts'
import { hubspot } from './services/hubspot.ts'
import { intercom } from './services/intercom.ts'
import { linear } from './services/linear.ts'
import { mailgun } from './services/mailgun.ts'
import { microsoft } from './services/microsoft.ts'
import { mistral } from './services/mistral.ts'
import { netlify } from './services/netlify.ts'
import { notion } from './services/notion.ts'
import { openai } from './services/openai.ts'
import { openrouter } from './services/openrouter.ts'
import { pagerduty } from './services/pagerduty.ts'
import { perplexity } from './services/perplexity.ts'
import { salesforce } from './services/salesforce.ts'
import { sendgrid } from './services/sendgrid.ts'
import { sentry } from './services/sentry.ts'
import { shopify } from './services/shopify.ts'
import { slack } from './services/slack.ts'
import { stripe } from './services/stripe.ts'
import { tavily } from './services/tavily.ts'
import { telegram } from './services/telegram.ts'
import { todoist } from './services/todoist.ts'
import { trello } from './services/trello.ts'
import { twilio } from './services/twilio.ts'
import { vercel } from './services/vercel.ts'
import { zendesk } from './services/zendesk.ts'
import { zoom } from './services/zoom.ts'

/** Every vendor, in the order of the alphabet: one file of `services/` each. */
export const vendors: readonly Vendor[] = [
  airtable,
  anthropic,
  asana,
  atlassian,
  aws,
  box,
  brave,
  clickup,
  cloudflare,
  datadog,
  deepseek,
  discord,
  dropbox,
  elevenlabs,
  figma,
  github,
  gitlab,
  google,
  groq,
  hubspot,
  intercom,
  linear,
  mailgun,
  microsoft,
  mistral,
  netlify,
  notion,
  openai,
  openrouter,
  pagerduty,
  perplexity,
  salesforce,
  sendgrid,
  sentry,
  shopify,
  slack,
  stripe,
  tavily,
  telegram,
  todoist,
  trello,
  twilio,
  vercel,
  zendesk,
  zoom,
]
