import { flag, must, oneOf, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const zone = { zone_id: text('Id of the zone: 32 hex digits', { maxLength: 32 }) }
const record = { ...zone, record_id: text('Id of the record: 32 hex digits', { maxLength: 32 }) }
const type = oneOf('The kind of record', ['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'NS', 'CAA', 'SRV'])
const written = {
  type,
  name: text('The whole name, such as www.example.com', { maxLength: 255 }),
  content: text('What it points to', { maxLength: 8_192 }),
  ttl: whole('Seconds; 1 leaves it to Cloudflare', [1, 86_400], 1),
  proxied: flag('Whether Cloudflare stands in between'),
  priority: whole('Of MX records', [0, 65_535]),
  comment: text('A note', { maxLength: 500 }),
}

/** https://developers.cloudflare.com/api/ */
export const cloudflare: TemplateSource = {
  ...{ id: 'cloudflare', version: 1, service: 'cloudflare', title: 'Cloudflare' },
  description: 'Read zones, read and write DNS records, and purge the cache.',
  origin: 'https://api.cloudflare.com',
  tools: [
    {
      name: 'list_zones',
      title: 'List zones',
      description: 'Lists zones with their ids.',
      request: 'GET /client/v4/zones',
      query: {
        name: text('Only this domain'),
        page: whole('Which page, counted from 1', [1, 1_000], 1),
        per_page: whole('How many to answer', [5, 50], 20),
      },
    },
    {
      name: 'list_dns_records',
      title: 'List DNS records',
      description: 'Lists the DNS records of a zone.',
      request: 'GET /client/v4/zones/{zone_id}/dns_records',
      path: zone,
      query: {
        type,
        name: text('Only of this whole name'),
        page: whole('Which page, counted from 1', [1, 10_000], 1),
        per_page: whole('How many to answer', [5, 1_000], 100),
      },
    },
    {
      name: 'create_dns_record',
      title: 'Make a DNS record',
      description: 'Makes a DNS record. It is in force within seconds.',
      request: 'POST /client/v4/zones/{zone_id}/dns_records',
      path: zone,
      json: {
        ...written,
        type: must(type),
        name: must(written.name),
        content: must(written.content),
      },
    },
    {
      name: 'update_dns_record',
      title: 'Change a DNS record',
      description: 'Changes a DNS record. What is not given stays as it is.',
      request: 'PATCH /client/v4/zones/{zone_id}/dns_records/{record_id}',
      path: record,
      json: { ...written, ttl: whole('Seconds; 1 leaves it to Cloudflare', [1, 86_400]) },
    },
    {
      name: 'delete_dns_record',
      title: 'Delete a DNS record',
      description: 'Deletes a DNS record. It is gone within seconds.',
      request: 'DELETE /client/v4/zones/{zone_id}/dns_records/{record_id}',
      path: record,
    },
    {
      name: 'purge_cache',
      title: 'Purge the cache',
      description: 'Has Cloudflare forget pages of a zone, so that they are fetched anew.',
      request: 'POST /client/v4/zones/{zone_id}/purge_cache',
      ...{ effect: 'changes', idempotent: true },
      path: zone,
      json: { files: must(texts('Whole addresses of the pages', 30)) },
    },
  ],
}
