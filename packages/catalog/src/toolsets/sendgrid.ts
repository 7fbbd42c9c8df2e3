import { must, object, objects, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const person = {
  email: must(text('The address', { format: 'email' })),
  name: text('The name'),
}

/** https://www.twilio.com/docs/sendgrid/api-reference */
export const sendgrid: TemplateSource = {
  ...{ id: 'sendgrid', version: 1, service: 'sendgrid', title: 'SendGrid' },
  description: 'Send mail, and see templates, figures and bounces.',
  origin: 'https://api.sendgrid.com',
  tools: [
    {
      name: 'send_mail',
      title: 'Send mail',
      description: 'Sends mail at once; it cannot be taken back.',
      request: 'POST /v3/mail/send',
      json: {
        personalizations: must(
          objects('Who gets it: one mail for each entry', {
            to: must(objects('To whom', person)),
            cc: objects('Copies', person),
            bcc: objects('Copies that the others do not see', person),
          }),
        ),
        from: must(object('From whom: a verified sender', person)),
        subject: must(text('The subject', { maxLength: 998 })),
        content: must(
          objects('The text, plain first', {
            type: must(oneOf('Of which kind', ['text/plain', 'text/html'])),
            value: must(text('The text')),
          }),
        ),
      },
    },
    {
      name: 'list_templates',
      title: 'List templates',
      description: 'Lists mail templates.',
      request: 'GET /v3/templates',
      query: {
        generations: oneOf('Of which generation', ['legacy', 'dynamic'], 'dynamic'),
        page_size: whole('How many to answer', [1, 200], 50),
      },
    },
    {
      name: 'get_stats',
      title: 'Read figures',
      description: 'Counts what was sent, delivered, opened and bounced, by day.',
      request: 'GET /v3/stats',
      query: {
        start_date: must(text('From this day: YYYY-MM-DD', { format: 'date' })),
        end_date: text('Until this day', { format: 'date' }),
      },
    },
    {
      name: 'list_bounces',
      title: 'List bounces',
      description: 'Lists addresses to which mail could not be delivered, and why.',
      request: 'GET /v3/suppression/bounces',
      query: { limit: whole('How many to answer', [1, 500], 100) },
    },
  ],
}
