import { useQuery } from '@tanstack/react-query'
import { query } from '../api.ts'

/** The most that one answer lists. */
const listed = 200

/** A person of the workspace by their e-mail address; their id where they are gone. */
export function PersonName({ ownerId }: { ownerId: string }) {
  const { data } = useQuery(query('listMembers', { limit: listed }))
  const member = data?.members.find(({ id }) => id === ownerId)
  if (member === undefined) {
    return <span className="font-mono text-[0.87em] text-ink-soft">{ownerId}</span>
  }
  return <span title={member.email}>{member.email}</span>
}
