import type { Rememberable } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type { StoredApproval } from './approval-store.ts'
import { type RequestField, takeRequestApart } from './take-request-apart.ts'

const valueCharsMax = 500

/** Names of what says who or where, in lower case and without marks; `raw` is a whole message with its recipients. */
const whoOrWhere: ReadonlySet<string> = new Set(
  (
    'to cc bcc recipient recipients recipientid email emails emailaddress address phone phonenumber user userid username ' +
    'member memberid assignee assignees attendee attendees channel channelid channels chat chatid room roomid conversation ' +
    'conversationid thread threadid threadts group groupid team teamid guild guildid server repo repository repositoryid owner ' +
    'org organization organisation project projectid projectkey workspace workspaceid space spaceid calendar calendarid folder ' +
    'folderid parent parents parentid path file fileid filename document documentid database databaseid page pageid list listid ' +
    'board boardid bucket key table domain host url uri webhook account accountid customer customerid iban destination branch raw'
  ).split(' '),
)

const isWhoOrWhere = ({ noun }: RequestField) =>
  whoOrWhere.has(noun.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

/** What an owner may choose from; undefined where a yes cannot be remembered. */
export function describeRememberable(
  { status, ownersNeeded }: Pick<StoredApproval, 'status' | 'ownersNeeded'>,
  request: FrozenRequest | undefined,
): Rememberable | undefined {
  if (status !== 'pending' || ownersNeeded > 1 || request === undefined) return undefined
  const fields = takeRequestApart(request)?.fields ?? []
  return {
    exact: true,
    fields: fields.map((field) => ({
      name: field.name,
      value: shownValue(field),
      suggested: isWhoOrWhere(field),
    })),
  }
}

/** What a field says, bounded. */
export function shownValue({ text }: RequestField): string {
  const said = text.startsWith('"') ? String(JSON.parse(text)) : text
  return said.length <= valueCharsMax ? said : `${said.slice(0, valueCharsMax - 1)}…`
}
