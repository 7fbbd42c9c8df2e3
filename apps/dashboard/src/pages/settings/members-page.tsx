import { Card } from '../../components/card.tsx'

export function MembersPage() {
  return <Card title="Members" />
}
