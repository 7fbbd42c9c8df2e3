import { Card } from '../../components/card.tsx'

export function TokensPage() {
  return <Card title="Personal access tokens" />
}
