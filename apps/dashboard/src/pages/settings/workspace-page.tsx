import { Card } from '../../components/card.tsx'

export function WorkspacePage() {
  return <Card title="Workspace" />
}
