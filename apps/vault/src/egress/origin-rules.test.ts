import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createAddressRules } from './address-rules.ts'
import { checkOrigin, readOrigin } from './origin-rules.ts'

const closed = createAddressRules({ allowCidrs: [], denyCidrs: [] })
const open = createAddressRules({
  allowCidrs: ['127.0.0.0/8', 'fd00::/8'],
  denyCidrs: ['127.9.0.0/16'],
})

describe('origins', () => {
  it('takes https with a DNS name', () => {
    for (const origin of [
      'https://api.example.com',
      'https://api.example.com:8443',
      'https://xn--bcher-kva.example',
    ]) {
      expect(checkOrigin(origin, closed), origin).toBe(true)
    }
  })

  it('refuses http and IP addresses outside the listed ranges', () => {
    verifies('S-17')
    const refused = [
      'http://api.example.com',
      'https://8.8.8.8',
      'https://127.0.0.1',
      'http://127.0.0.1:80',
    ]
    for (const origin of [...refused, 'https://[::1]', 'https://[2606:4700:4700::1111]']) {
      expect(checkOrigin(origin, closed), origin).toEqual(expect.any(String))
    }
    for (const origin of [
      'https://8.8.8.8',
      'http://10.0.0.1',
      'https://[::ffff:7f00:1]',
      'http://127.9.0.1',
    ]) {
      expect(checkOrigin(origin, open), origin).toEqual(expect.any(String))
    }
  })

  it('takes them inside', () => {
    for (const origin of [
      'http://127.0.0.1:8080',
      'https://127.0.0.1',
      'http://[fd00::1]',
      'http://internal:8080',
    ]) {
      expect(checkOrigin(origin, open), origin).toBe(true)
    }
  })

  it('refuses what is no origin in its own serialisation, with a plain sentence', () => {
    verifies('S-17')
    const odd = [
      'https://example.com/',
      'https://EXAMPLE.com',
      'https://example.com:443',
      'https://user@example.com',
      'https://example.com.',
      'https://-a.example',
      'https://0x7f000001',
      'https://2130706433',
      'https://127.1',
      'https://example.com:0',
      'https://a..b',
      'ftp://example.com',
      'file:///etc/passwd',
      'null',
      '',
      'example.com',
      `https://${'a'.repeat(64)}.example`,
    ]
    for (const origin of odd) {
      const answer = checkOrigin(origin, open)
      expect(answer, origin).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('says where to dial', () => {
    expect(readOrigin('http://[::1]:81')).toMatchObject({
      hostname: '::1',
      port: 81,
      isTls: false,
      isLiteral: true,
      listedOnly: true,
    })
    expect(readOrigin('https://a.example')).toMatchObject({
      port: 443,
      isTls: true,
      listedOnly: false,
    })
  })
})
