import { type Form, matchAt, type Place } from '../scan/form.ts'
import type { Span } from '../scan/vicinity.ts'
import { isWordAt } from '../scan/word-class.ts'

const web = '[A-Za-z0-9_-]'
const blob = '[A-Za-z0-9+/=_-]'

/**
 * Tokens and keys, by the beginnings that their issuers gave them so that they are found. Lengths are the known ones, with
 * room.
 */
const known: readonly string[] = [
  // Sallyport's own: access tokens, owners' tokens, codes of enrolment and others.
  `sp[tpbc]_${web}{20,128}`,
  // Code and its hosts: GitHub, GitLab, Atlassian, npm, PyPI, RubyGems, Docker, crates.io, Sentry, Linear, Notion, Figma, Postman.
  'gh[pousr]_[A-Za-z0-9]{20,255}',
  'github_pat_[A-Za-z0-9_]{22,255}',
  `gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent|oas)-[A-Za-z0-9_.-]{18,300}`,
  'ATATT3[A-Za-z0-9_=-]{20,300}',
  'npm_[A-Za-z0-9]{30,80}',
  `pypi-${web}{50,400}`,
  'rubygems_[a-f0-9]{48}',
  `dckr_(?:pat|oat)_${web}{20,60}`,
  'cio[A-Za-z0-9]{32}',
  `sntry[su]_${blob}{30,400}`,
  'lin_(?:api|oauth)_[A-Za-z0-9]{30,80}',
  '(?:secret|ntn)_[A-Za-z0-9]{40,50}',
  `figd_${web}{30,60}`,
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  // Messages: Slack, SendGrid, Mailgun, Twilio, Telegram, Discord.
  'xox[abeoprs](?:\\.xox[a-z])?-[A-Za-z0-9-]{10,250}',
  'xapp-\\d-[A-Za-z0-9-]{20,250}',
  `SG\\.${web}{16,32}\\.${web}{32,64}`,
  'key-[a-f0-9]{32}',
  'SK[a-f0-9]{32}',
  `\\d{8,10}:AA${web}{33}`,
  `[MNO]${web}{23,27}\\.${web}{6}\\.${web}{27,45}`,
  `hooks\\.slack\\.com/services/T[A-Z0-9]{6,14}/B[A-Z0-9]{6,14}/[A-Za-z0-9]{18,32}`,
  `discord(?:app)?\\.com/api/webhooks/\\d{15,21}/${web}{50,80}`,
  // Clouds: Amazon, Google, DigitalOcean, Databricks, Heroku, Netlify, Supabase, PlanetScale, Fly, Vault, Doppler, Tailscale, Grafana, New Relic.
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}',
  `AIza${web}{35}`,
  `ya29\\.${web}{20,400}`,
  `GOCSPX-${web}{20,40}`,
  `1//0${web}{30,120}`,
  'do[opr]_v1_[a-f0-9]{64}',
  'dapi[a-f0-9]{32}(?:-\\d)?',
  `HRKU-${web}{30,80}`,
  'nfp_[A-Za-z0-9]{30,60}',
  'sbp_[a-f0-9]{40}',
  `sb_secret_${web}{20,60}`,
  'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,80}',
  `fm[12]_${blob}{50,450}`,
  `hv[sbr]\\.${web}{24,300}`,
  'dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}',
  'tskey-[a-z]{3,12}-[A-Za-z0-9-]{20,80}',
  `gl(?:c|sa)_${blob}{32,200}`,
  'NRAK-[A-Z0-9]{27}',
  // Money: Stripe, Shopify, Square, Braintree.
  '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,200}',
  `whsec_${blob}{24,128}`,
  'shp(?:at|ca|pa|ss|ua)_[A-Fa-f0-9]{32}',
  `sq0(?:atp|csp)-${web}{22,60}`,
  `EAAA${web}{56,70}`,
  'access_token\\$production\\$[a-z0-9]{16}\\$[a-f0-9]{32}',
  // Models: Anthropic, OpenAI, OpenRouter, Hugging Face, Replicate, Groq, Perplexity, xAI.
  `sk-(?:ant-[a-z0-9]{3,12}|proj|svcacct|admin|or-v1)-${web}{20,300}`,
  'sk-[A-Za-z0-9]{32,64}',
  'hf_[A-Za-z0-9]{30,60}',
  'r8_[A-Za-z0-9]{37,60}',
  'gsk_[A-Za-z0-9]{40,80}',
  'pplx-[A-Za-z0-9]{40,80}',
  'xai-[A-Za-z0-9]{60,120}',
  // Others: Facebook, Airtable, Dropbox, age.
  'EAA[A-Za-z0-9]{80,400}',
  'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}',
  `sl\\.(?:u\\.)?${web}{60,1500}`,
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
]

/** By first character, because most tokens of a text begin with none of these. */
const byFirst = groupByFirst(known)

function groupByFirst(patterns: readonly string[]): ReadonlyMap<string, RegExp> {
  const groups = new Map<string, string[]>()
  for (const pattern of patterns) {
    for (const first of firstsOf(pattern)) {
      groups.set(first, [...(groups.get(first) ?? []), pattern])
    }
  }
  return new Map(
    [...groups].map(([first, those]) => [first, new RegExp(`(?:${those.join('|')})`, 'y')]),
  )
}

/** The characters that a pattern of the list above can begin with. */
function firstsOf(pattern: string): readonly string[] {
  if (pattern.startsWith('\\d')) return Array.from('0123456789')
  const [, set, group] = /^\[([A-Z]+)\]|^\(\?:([^)]*)\)/.exec(pattern) ?? []
  if (set !== undefined) return Array.from(set)
  const starts = group === undefined ? [pattern] : group.split('|')
  return [...new Set(starts.map((start) => start.charAt(0)))]
}

function matchKnown({ text, start }: Place): Span | undefined {
  const pattern = byFirst.get(text.charAt(start))
  const found = pattern === undefined ? undefined : matchAt(pattern, text, start)
  if (found === undefined) return undefined
  const end = start + found[0].length
  return isWordAt(text, end) ? undefined : { start, end }
}

/** A JSON Web Token (RFC 7519), signed or encrypted: its header begins with `{"` in base64url. */
const jwt = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,3}/y

/** Only from where such characters begin: what stands in the middle of them was read before. */
function matchJwt({ text, start }: Place): Span | undefined {
  if (!text.startsWith('eyJ', start) || /[_.-]/.test(text.charAt(start - 1))) return undefined
  const found = matchAt(jwt, text, start)
  return found === undefined ? undefined : { start, end: start + found[0].length }
}

const secret = { kind: 'secret' } as const
const any = ['digits', 'letters', 'mixed'] as const

/** Keys and tokens that are known by how they begin. */
export const knownTokenForms: readonly Form[] = [
  { ...secret, tokens: ['mixed', 'letters'], lengths: [3, 128], next: '_-.', match: matchJwt },
  { ...secret, tokens: any, lengths: [1, 25], next: '_-.:/$', match: matchKnown },
  { ...secret, tokens: ['mixed', 'letters'], lengths: [20, 128], match: matchKnown },
]
