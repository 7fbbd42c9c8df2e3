import { flag, must, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const id = (what: string) => text(`Id of the ${what}`, { maxLength: 40 })
const written = {
  name: text('Its title', { maxLength: 16_384 }),
  desc: text('Its text, in Markdown', { maxLength: 16_384 }),
  due: text('When it is due: RFC 3339', { format: 'date-time' }),
}

/** https://developer.atlassian.com/cloud/trello/rest/ */
export const trello: TemplateSource = {
  ...{ id: 'trello', version: 1, service: 'trello', title: 'Trello' },
  description: 'Read boards and lists, and make, change and comment on cards.',
  origin: 'https://api.trello.com',
  tools: [
    {
      name: 'list_boards',
      title: 'List boards',
      description: 'Lists the boards of the account.',
      request: 'GET /1/members/me/boards',
      query: { filter: oneOf('Which ones', ['open', 'closed', 'all'], 'open') },
      always: { query: { fields: 'name,url,closed,dateLastActivity' } },
    },
    {
      name: 'list_lists',
      title: 'List lists',
      description: 'Lists the lists of a board from left to right.',
      request: 'GET /1/boards/{board_id}/lists',
      path: { board_id: id('board') },
    },
    {
      name: 'list_cards',
      title: 'List cards',
      description: 'Lists the open cards of a list.',
      request: 'GET /1/lists/{list_id}/cards',
      path: { list_id: id('list') },
    },
    {
      name: 'search',
      title: 'Search cards',
      description: 'Finds cards by words.',
      request: 'GET /1/search',
      query: {
        query: must(text('Words', { maxLength: 16_384 })),
        cards_limit: whole('How many to answer', [1, 1000], 20),
      },
      always: { query: { modelTypes: 'cards' } },
    },
    {
      name: 'get_card',
      title: 'Read a card',
      description: 'Reads one card.',
      request: 'GET /1/cards/{card_id}',
      path: { card_id: id('card') },
    },
    {
      name: 'create_card',
      title: 'Make a card',
      description: 'Makes a card at the end of a list.',
      request: 'POST /1/cards',
      json: { idList: must(id('list')), ...written, name: must(written.name) },
    },
    {
      name: 'update_card',
      title: 'Change a card',
      description: 'Changes a card, moves it to another list, or archives it.',
      request: 'PUT /1/cards/{card_id}',
      path: { card_id: id('card') },
      json: { ...written, idList: id('list that it moves to'), closed: flag('Archived or not') },
    },
    {
      name: 'comment_on_card',
      title: 'Comment on a card',
      description: 'Writes a comment on a card.',
      request: 'POST /1/cards/{card_id}/actions/comments',
      path: { card_id: id('card') },
      json: { text: must(text('The comment', { maxLength: 16_384 })) },
    },
  ],
}
