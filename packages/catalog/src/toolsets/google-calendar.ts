import { must, object, objects, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const calendar = {
  calendar_id: text('Id of the calendar: "primary", or an address from list_calendars', {
    ...{ maxLength: 200, examples: ['primary'] },
  }),
}
const event = text('Id of the event', { maxLength: 1024 })
const time = (description: string) =>
  object(description, {
    dateTime: text('RFC 3339 with an offset; for events at a time of day', { format: 'date-time' }),
    date: text('YYYY-MM-DD; for events of whole days', { format: 'date' }),
    timeZone: text('IANA time zone, such as Europe/Berlin'),
  })
const written = {
  summary: text('What it is called', { maxLength: 1024 }),
  description: text('More about it', { maxLength: 8192 }),
  location: text('Where it is', { maxLength: 1024 }),
  start: time('When it begins'),
  end: time('When it ends; of whole days, the day after the last'),
  attendees: objects('Who is invited', { email: must(text('Their address', { format: 'email' })) }),
}
const sendUpdates = oneOf('Who is told by e-mail', ['all', 'externalOnly', 'none'], 'none')

/** https://developers.google.com/workspace/calendar/api/v3/reference */
export const googleCalendar: TemplateSource = {
  ...{ id: 'google-calendar', version: 1, service: 'google-calendar', title: 'Google Calendar' },
  description: 'Read calendars and free time, and make, change and delete events.',
  origin: 'https://www.googleapis.com',
  tools: [
    {
      name: 'list_calendars',
      title: 'List calendars',
      description: 'Lists the calendars of the account with their ids.',
      request: 'GET /calendar/v3/users/me/calendarList',
      query: { maxResults: whole('How many to answer', [1, 250], 100) },
    },
    {
      name: 'list_events',
      title: 'List events',
      description:
        'Lists the events of a calendar in a span of time. Repeated events stand there one by one.',
      request: 'GET /calendar/v3/calendars/{calendar_id}/events',
      path: calendar,
      query: {
        timeMin: text('Only what ends after this: RFC 3339 with an offset', {
          format: 'date-time',
        }),
        timeMax: text('Only what begins before this', { format: 'date-time' }),
        q: text('Only with these words'),
        maxResults: whole('How many to answer', [1, 2500], 100),
        pageToken: text('nextPageToken of the page before'),
      },
      always: { query: { singleEvents: 'true', orderBy: 'startTime' } },
    },
    {
      name: 'get_event',
      title: 'Read an event',
      description: 'Reads one event with who is invited and who said yes.',
      request: 'GET /calendar/v3/calendars/{calendar_id}/events/{event_id}',
      path: { ...calendar, event_id: event },
    },
    {
      name: 'find_free_time',
      title: 'Ask when people are busy',
      description: 'Answers when calendars are busy in a span of time, without saying with what.',
      request: 'POST /calendar/v3/freeBusy',
      effect: 'reads',
      json: {
        timeMin: must(text('From when: RFC 3339 with an offset', { format: 'date-time' })),
        timeMax: must(text('Until when', { format: 'date-time' })),
        timeZone: text('IANA time zone of the answer', { default: 'UTC' }),
        items: must(objects('Which calendars', { id: must(text('Id of a calendar')) })),
      },
    },
    {
      name: 'create_event',
      title: 'Make an event',
      description:
        'Makes an event in a calendar. People who are invited are told only where sendUpdates says so.',
      request: 'POST /calendar/v3/calendars/{calendar_id}/events',
      path: calendar,
      query: { sendUpdates },
      json: { ...written, start: must(written.start), end: must(written.end) },
    },
    {
      name: 'update_event',
      title: 'Change an event',
      description: 'Changes an event. What is not given stays as it is; attendees are given whole.',
      request: 'PATCH /calendar/v3/calendars/{calendar_id}/events/{event_id}',
      path: { ...calendar, event_id: event },
      query: { sendUpdates },
      json: written,
    },
    {
      name: 'delete_event',
      title: 'Delete an event',
      description:
        'Deletes an event, of a repeated one all that are to come where its own id is given.',
      request: 'DELETE /calendar/v3/calendars/{calendar_id}/events/{event_id}',
      path: { ...calendar, event_id: event },
      query: { sendUpdates },
    },
  ],
}
