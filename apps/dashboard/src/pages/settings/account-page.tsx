import { Card } from '../../components/card.tsx'

export function AccountPage() {
  return <Card title="Account" />
}
