import { Buffer } from 'node:buffer'
import { bodyOf, type Severity } from '../message.ts'
import type { Sender } from '../sender.ts'
import { type HttpNeeds, invalid, maskedEnd, readUrl, resultOf } from './http-answer.ts'

/** ntfy makes a file of what is longer than 4 096 bytes. */
const bodyBytesMax = 3_800

const priorities: Readonly<Record<Severity, string>> = { normal: '3', high: '4', urgent: '5' }
const tags: Readonly<Record<Severity, string>> = {
  normal: 'bell',
  high: 'warning',
  urgent: 'rotating_light',
}

/** Publishes to a topic (https://docs.ntfy.sh/publish/). Whoever knows a topic's name reads it, unless the server asks for a token. */
export function createNtfySender({ post, mayUseOrigin }: HttpNeeds): Sender<'ntfy'> {
  return {
    prepare(target) {
      const url = readUrl(target.server, 'target.server', mayUseOrigin)
      if (url.search !== '') throw invalid('target.server', 'must have no query')
      if (!isSendable(target.token ?? '')) {
        throw invalid('target.token', 'must hold letters, digits and punctuation alone')
      }
      const server = url.href.replace(/\/+$/, '')
      return {
        target: { ...target, server },
        shown: maskedEnd(url.host, target.topic),
        status: 'active',
      }
    },

    async send({ server, topic, token }, message, { signal }) {
      const answer = await post(`${server}/${topic}`, {
        body: cutToBytes(bodyOf(message) || message.title),
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          title: encodeHeader(message.title),
          priority: priorities[message.severity],
          tags: tags[message.severity],
          click: message.url,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        signal,
        secrets: [topic, ...(token === undefined ? [] : [token])],
      })
      return resultOf(
        // What ntfy answers repeats the whole message.
        answer.status < 300 ? { ...answer, words: '' } : answer,
      )
    },
  }
}

const isSendable = (token: string): boolean => /^[\x21-\x7e]*$/.test(token)

/** RFC 2047 §2: an encoded word has at most 75 characters, with 12 of them for its frame. */
const encodedWordBytesMax = 45

/** Text as a header holds it. ntfy reads encoded words (RFC 2047), which hold letters, digits, `=?+/` and nothing else. */
export function encodeHeader(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text.trim()
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > encodedWordBytesMax) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word]
    .map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`)
    .join(' ')
}

/** Cut between characters. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= bodyBytesMax) return text
  return `${bytes
    .subarray(0, bodyBytesMax)
    .toString()
    .replace(/\ufffd+$/, '')}…`
}
