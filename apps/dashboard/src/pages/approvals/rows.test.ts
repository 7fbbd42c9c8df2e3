import { layOutJson } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexRow, hexRowCount, jsonRows, type Row, textRows } from './rows.ts'

const whole = (rows: readonly Row[]) =>
  rows.map(({ text, line }, at) => (line !== undefined && at > 0 ? `\n${text}` : text)).join('')

describe('rows of a body', () => {
  it('joined are the text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 900 }), (text) => {
        const { rows, isCut } = textRows(text)
        expect(isCut).toBe(false)
        expect(whole(rows)).toBe(text)
      }),
    )
  })

  it('are short, and end within no character', () => {
    const { rows } = textRows('😀'.repeat(1000))
    for (const { text } of rows) {
      expect(text.length).toBeLessThanOrEqual(201)
      expect(text.isWellFormed()).toBe(true)
    }
  })

  it('number the lines and not their continuations', () => {
    const { rows } = textRows(`one\n${'x'.repeat(450)}\nthree`)
    expect(rows.map(({ line }) => line)).toEqual([1, 2, undefined, undefined, 3])
  })

  it('break a string of JSON after each line end in it, and nowhere within an escape', () => {
    const rowsOf = (value: unknown) =>
      jsonRows(layOutJson(JSON.stringify(value))?.lines ?? []).rows.map(({ text }) => text)
    expect(rowsOf('Dear Anna,\n\nyes.\n')).toEqual(['"Dear Anna,\\n', '\\n', 'yes.\\n"'])
    expect(rowsOf('C:\\new')).toEqual(['"C:\\\\new"'])
    expect(rowsOf('\\'.repeat(500)).every((row) => !/^"?(\\\\)*\\$/.test(row))).toBe(true)
  })

  it('stay bounded for a body of line ends', () => {
    const { rows, isCut } = textRows('\n'.repeat(3_000_000))
    expect(isCut).toBe(true)
    expect(rows.length).toBe(200_000)
  })

  it('take a long run of backslashes in time', () => {
    const { lines } = layOutJson(JSON.stringify('\\'.repeat(1_000_000))) ?? { lines: [] }
    expect(whole(jsonRows(lines).rows)).toHaveLength(2_000_002)
  })
})

describe('rows of bytes', () => {
  it('show every byte, in hex and as ASCII where it is printable', () => {
    const bytes = Uint8Array.from([0x48, 0x69, 0x00, 0xff, 0x7f, 0x20])
    expect(hexRowCount(6, 4)).toBe(2)
    expect(hexRow(bytes, 0, 4)).toEqual({ offset: '00000000', hex: '48 69 00 ff', ascii: 'Hi··' })
    expect(hexRow(bytes, 1, 4)).toEqual({ offset: '00000004', hex: '7f 20', ascii: '· ' })
  })

  it('joined are the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 16 }),
        (bytes, width) => {
          const rows = Array.from({ length: hexRowCount(bytes.length, width) }, (_, index) =>
            hexRow(bytes, index, width),
          )
          const hex = rows.map((row) => row.hex.replaceAll(' ', '')).join('')
          expect(hex).toBe(Buffer.from(bytes).toString('hex'))
        },
      ),
    )
  })
})
