import { describe, expect, it } from 'vitest'
import { sizeOf } from './size-of.ts'

describe('a size', () => {
  it('is given for people', () => {
    expect([0, 1, 1023, 1536, 2 * 1024 ** 2].map(sizeOf)).toEqual([
      '0 bytes',
      '1 byte',
      '1023 bytes',
      '1.5 KB',
      '2.0 MB',
    ])
  })
})
