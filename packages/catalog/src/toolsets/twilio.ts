import { must, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const account = {
  account_sid: text('The account: AC and 32 hex digits', {
    pattern: '^AC[0-9a-f]{32}$',
    examples: ['AC00000000000000000000000000000000'],
  }),
}
const number = (whose: string) =>
  text(`${whose} number, in E.164: +14155552671`, {
    pattern: '^\\+[1-9][0-9]{1,14}$',
    examples: ['+14155552671'],
  })

/** https://www.twilio.com/docs/usage/api */
export const twilio: TemplateSource = {
  ...{ id: 'twilio', version: 1, service: 'twilio', title: 'Twilio' },
  description: 'Send text messages, and see messages, calls and numbers.',
  origin: 'https://api.twilio.com',
  tools: [
    {
      name: 'send_message',
      title: 'Send a text message',
      description: 'Sends an SMS. It costs money and cannot be taken back.',
      request: 'POST /2010-04-01/Accounts/{account_sid}/Messages.json',
      path: account,
      form: {
        to: must({ ...number('The recipient’s'), as: 'To' }),
        from: must({ ...number('A Twilio'), as: 'From' }),
        body: must({ ...text('The text', { maxLength: 1600 }), as: 'Body' }),
      },
    },
    {
      name: 'list_messages',
      title: 'List messages',
      description: 'Lists messages that were sent and received, newest first.',
      request: 'GET /2010-04-01/Accounts/{account_sid}/Messages.json',
      path: account,
      query: {
        to: { ...number('Only to this'), as: 'To' },
        from: { ...number('Only from this'), as: 'From' },
        page_size: { ...whole('How many to answer', [1, 1000], 50), as: 'PageSize' },
      },
    },
    {
      name: 'get_message',
      title: 'Read a message',
      description: 'Reads one message, and whether it was delivered.',
      request: 'GET /2010-04-01/Accounts/{account_sid}/Messages/{message_sid}.json',
      path: {
        ...account,
        message_sid: text('Id of the message: SM or MM and 32 hex digits', {
          pattern: '^[SM]M[0-9a-f]{32}$',
          examples: ['SM00000000000000000000000000000000'],
        }),
      },
    },
    {
      name: 'list_calls',
      title: 'List calls',
      description: 'Lists calls, newest first.',
      request: 'GET /2010-04-01/Accounts/{account_sid}/Calls.json',
      path: account,
      query: { page_size: { ...whole('How many to answer', [1, 1000], 50), as: 'PageSize' } },
    },
    {
      name: 'list_numbers',
      title: 'List numbers',
      description: 'Lists the phone numbers of the account.',
      request: 'GET /2010-04-01/Accounts/{account_sid}/IncomingPhoneNumbers.json',
      path: account,
    },
  ],
}
