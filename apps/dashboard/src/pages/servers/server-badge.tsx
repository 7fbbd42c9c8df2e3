import type { McpServer } from '@sallyport/contracts'
import { Badge } from '../../components/badge.tsx'
import { standingOf } from './server-words.ts'

/** How a server stands, with its own colour. */
export function ServerBadge({ server }: { server: McpServer }) {
  const [tone, label] = standingOf(server)
  return <Badge tone={tone}>{label}</Badge>
}
