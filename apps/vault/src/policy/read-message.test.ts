import { describe, expect, it } from 'vitest'
import type { BodyNode } from './body-node.ts'
import { stringNode } from './body-node.ts'
import { messageOf } from './read-message.ts'

const read = (lines: readonly string[], end = '\r\n') => {
  const text = Buffer.from(lines.join(end), 'utf8').toString('base64url')
  const node = messageOf(stringNode(text), text)
  return node && (plain(node) as Record<string, unknown>)
}
const plain = ({ items, members, value }: BodyNode): unknown => {
  if (items !== undefined) return items.map(plain)
  return members === undefined
    ? value
    : Object.fromEntries([...members].map(([name, member]) => [name, plain(member)]))
}
const body = ['', 'Hello']

describe('messageOf', () => {
  it('reads addresses bare and in lower case, the subject, the text and what is attached', () => {
    const message = [
      'From: Ann <Ann@Own.Example>',
      'To: "Doe, Bob" <Bob@Own.Example>,',
      ' eve@evil.example',
      'Cc: undisclosed-recipients:;',
      'Subject: =?UTF-8?B?aGXDqQ==?= =?utf-8?q?=21_x?=',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b1"',
      '',
      '--b1',
      'Content-Type: multipart/alternative; boundary=b2',
      '',
      '--b2',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'caf=C3=A9 soft=',
      'line',
      '--b2',
      'Content-Type: text/html',
      '',
      '<b>12</b>3&#45;45',
      '--b2--',
      '--b1',
      'Content-Type: application/pdf; name="r.pdf"',
      'Content-Disposition: attachment; filename="r.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      'QUJD',
      'REU=',
      '--b1--',
      '',
    ]
    for (const end of ['\r\n', '\n']) {
      expect(read(message, end)).toEqual({
        from: ['ann@own.example'],
        to: ['bob@own.example', 'eve@evil.example'],
        subject: 'heé! x',
        text: 'café softline\n<b>12</b>3&#45;45\n123-45',
        attachments: [{ filename: 'r.pdf', contentType: 'application/pdf', bytes: 5 }],
      })
    }
  })

  it('reads nothing of a message in which readers could see other recipients', () => {
    for (const lines of [
      ['To: a@x.example', 'To: b@x.example'],
      ['To: a@x.example', 'TO: b@x.example'],
      ['To : a@x.example'],
      ['To: a@x.example', 'Resent-To: b@x.example'],
      ['To: a@x.example (b@x.example)'],
      ['To: "a@x.example"@y.example'],
      ['To: <@route:a@x.example>'],
      ['To: friends: a@x.example, b@x.example;'],
      ['To: a@x.example; b@x.example'],
      ['To: a@x.example,, b@x.example'],
      ['To: evil@x.example <a@x.example>'],
      ['To: <a@x.example> b@x.example'],
      ['To: a@[127.0.0.1]'],
      ['To: a @x.example'],
      ['To: =?utf-8?q?a=40x=2Eexample?='],
      ['To: "open <a@x.example>'],
      ['To: a@x.example\rBcc: b@x.example'],
      ['To: a@x.example\nBcc: b@x.example', 'Subject: x'],
      [' folded', 'To: a@x.example'],
      ['To: a@x.example', 'no header'],
    ]) {
      expect(read([...lines, ...body]), lines.join('|')).toBeUndefined()
    }
  })

  it('reads nothing of a message whose parts or texts can be taken in two ways', () => {
    const multipart = 'Content-Type: multipart/mixed; boundary=b'
    for (const lines of [
      ['To: a@x.example'],
      ['Content-Type: text/plain; charset=utf-7', ...body],
      ['Content-Type: text/plain; charset=utf-8; charset=utf-16', ...body],
      ['Content-Transfer-Encoding: x-uuencode', ...body],
      ['Content-Transfer-Encoding: base64', '', 'a*b'],
      ['Content-Transfer-Encoding: quoted-printable', '', 'a=zz'],
      ['Subject: =?utf-7?q?x?=', ...body],
      ['Subject: =?utf-8?b?*?=', ...body],
      [multipart, '', 'no parts'],
      [multipart, '', '--b', '', 'x'],
      [multipart, '', '--b', '', 'x', '--b--', 'more'],
      ['Content-Type: multipart/mixed', ...body],
      [
        'Content-Type: text/plain; name="a.txt"',
        'Content-Disposition: attachment; filename="b.exe"',
        ...body,
      ],
      ['Content-Disposition: attachment; filename*0="a."; filename*1="exe"', ...body],
    ]) {
      expect(read(lines), lines.join('|')).toBeUndefined()
    }
    expect(messageOf(stringNode('@'), '@')).toBeUndefined()
    const deep = Array.from({ length: 9 }, (_, at) => [
      `Content-Type: multipart/mixed; boundary=b${at}x`,
      '',
      `--b${at}x`,
    ]).flat()
    expect(read([...deep, '', 'x'])).toBeUndefined()
  })
})
