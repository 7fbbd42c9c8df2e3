import { describe, expect, it } from 'vitest'
import { Origin, OriginPattern } from './common.ts'

describe('an origin', () => {
  it.each([
    'https://a.example',
    'http://127.0.0.1:8080',
    'https://[::1]',
    'https://xn--bcher-kva.example',
  ])('is scheme, host and port (%s)', (text) => {
    expect(Origin.safeParse(text).success).toBe(true)
    expect(OriginPattern.safeParse(text).success).toBe(true)
  })

  it.each([
    'https://*.a.example',
    'https://*',
    'https://a-*.b.example',
    'https://*.*.example:8443',
  ])('may have * in its host where it is a pattern (%s)', (text) => {
    expect(OriginPattern.safeParse(text).success).toBe(true)
    expect(Origin.safeParse(text).success).toBe(false)
  })

  it.each([
    '',
    '*',
    'https://',
    'https://a.example/',
    'https://A.example',
    'https://a.example:443',
    'https://a.example:*',
    '*://a.example',
    'https://*@a.example',
    'https://a.example/*',
    'ftp://a.example',
    'javascript:*',
  ])('is nothing else (%j)', (text) => {
    expect(OriginPattern.safeParse(text).success).toBe(false)
  })
})
