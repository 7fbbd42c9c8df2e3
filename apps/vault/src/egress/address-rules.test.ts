import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createAddressRules, isSameAddress, parseCidr } from './address-rules.ts'

const closed = createAddressRules({ allowCidrs: [], denyCidrs: [] })

/** The IANA special-purpose registries, the multicast and reserved blocks, and what clouds hide in public space. */
const special4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24',
  '203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32 100.100.100.200/32 192.0.0.192/32',
].flatMap((line) => line.split(' '))
const special6 = [
  '::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23',
  '2001::/32 2001:2::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20',
  '5f00::/16 fc00::/7 fd00:ec2::254/128 fe80::/10 fec0::/10 ff00::/8 4000::/3 8000::/1 200::/7 400::/6',
].flatMap((line) => line.split(' '))

/** Any address inside one of the ranges, the first and the last included. */
function inside(ranges: readonly string[]): fc.Arbitrary<string> {
  const length = ipaddr.parseCIDR(ranges[0] ?? '')[0].kind() === 'ipv4' ? 4 : 16
  const fill = fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.constant(new Uint8Array(length)),
    fc.constant(new Uint8Array(length).fill(255)),
  )
  return fc.tuple(fc.constantFrom(...ranges), fill).map(([range, noise]) => {
    const [first, bits] = ipaddr.parseCIDR(range)
    const bytes = first.toByteArray().map((byte, i) => {
      const keep = 0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))
      return (byte & keep & 0xff) | ((noise[i] ?? 0) & ~keep & 0xff)
    })
    return ipaddr.fromByteArray(bytes).toString()
  })
}

/** One address in the many ways in which a resolver or an attacker may write it. */
function variants(address: string): string[] {
  if (!address.includes(':')) {
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
    const hex = [a, b, c, d].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return [
      address,
      String(Number.parseInt(hex, 16)),
      `0x${hex}`,
      `${a}.${b}.${c * 256 + d}`,
      `${a}.${b * 65_536 + c * 256 + d}`,
      `0${a.toString(8)}.${b}.${c}.${d}`,
      `0x${a.toString(16)}.${b}.${c}.${d}`,
      `${a}.${b}.${c}.${d}.`,
      ` ${address}`,
      `::${address}`,
      `::ffff:${address}`,
      `::ffff:0:${address}`,
      `64:ff9b::${address}`,
      `64:ff9b:1::${address}`,
      `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1`,
      `2001:0:${hex.slice(0, 4)}:${hex.slice(4)}::1`,
    ]
  }
  const parsed = ipaddr.IPv6.parse(address)
  return [
    address,
    address.toUpperCase(),
    parsed.toNormalizedString(),
    parsed.parts.map((part) => part.toString(16).padStart(4, '0')).join(':'),
    `${address}%eth0`,
    `[${address}]`,
    `${address}/128`,
  ]
}

describe('addresses', () => {
  it('never dials an address of a special-purpose range, however it is written', () => {
    verifies('S-16', 'S-17')
    fc.assert(
      fc.property(fc.oneof(inside(special4), inside(special6)), (address) => {
        for (const text of variants(address)) expect(closed.mayDial(text), text).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  it('dials public addresses', () => {
    const anyOf = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '11.0.0.1']
    for (const address of [...anyOf, '2606:4700:4700::1111', '2a00:1450:4001:80b::200e']) {
      expect(closed.mayDial(address), address).toBe(true)
      expect(closed.isListed(address), address).toBe(false)
    }
  })

  it('takes for an address only what is one', () => {
    verifies('S-16')
    const odd = [
      '',
      '.',
      'localhost',
      '1',
      '1.1',
      '1.1.1',
      '1.1.1.1.1',
      '01.1.1.1',
      '1.1.1.256',
      '١.1.1.1',
    ]
    for (const text of [
      ...odd,
      '1.1.1.1\n',
      '1.1.1.1%0',
      '2606::1::1',
      ':',
      '2606:4700::1%1',
      '1.1.1.-1',
    ]) {
      expect(closed.mayDial(text), JSON.stringify(text)).toBe(false)
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (closed.mayDial(text)) expect(ipaddr.isValid(text)).toBe(true)
      }),
    )
  })

  it('opens exactly the listed ranges, and mapped forms of them not', () => {
    verifies('S-17')
    const rules = createAddressRules({ allowCidrs: ['10.20.0.0/16', 'fd12::/16'], denyCidrs: [] })
    for (const address of ['10.20.0.0', '10.20.255.255', 'fd12::1']) {
      expect(rules.mayDial(address), address).toBe(true)
      expect(rules.isListed(address), address).toBe(true)
    }
    for (const address of [
      '10.19.255.255',
      '10.21.0.0',
      'fd13::',
      '::ffff:10.20.0.1',
      '127.0.0.1',
    ]) {
      expect(rules.mayDial(address), address).toBe(false)
    }
  })

  it('lets a denied range win over an allowed one and over being public', () => {
    const rules = createAddressRules({
      allowCidrs: ['10.0.0.0/8'],
      denyCidrs: ['10.1.0.0/16', '8.8.8.0/24'],
    })
    expect(rules.mayDial('10.2.0.1')).toBe(true)
    for (const address of ['10.1.2.3', '8.8.8.8']) {
      expect(rules.mayDial(address)).toBe(false)
      expect(rules.isListed(address)).toBe(false)
    }
  })

  it('compares addresses by value', () => {
    expect(isSameAddress('2606:4700::0001', '2606:4700:0:0::1')).toBe(true)
    expect(isSameAddress('1.1.1.1', '::ffff:1.1.1.1')).toBe(false)
    expect(isSameAddress('x', 'x')).toBe(false)
  })
})

describe('ranges', () => {
  it('takes ranges and single addresses', () => {
    for (const text of [
      '10.0.0.0/8',
      '127.0.0.1',
      '127.0.0.1/32',
      '::1',
      'fd00::/8',
      '2001:db8::/33',
    ]) {
      expect(() => parseCidr(text), text).not.toThrow()
    }
  })

  it('says what is wrong with the others', () => {
    const faults: [string, RegExp][] = [
      ['', /not a range/],
      ['example.com', /not a range/],
      ['10.0.0.0/', /prefix length between 0 and 32/],
      ['10.0.0.0/33', /between 0 and 32/],
      ['10.0.0.0/08', /between 0 and 32/],
      ['10.0.0.0/8/8', /between 0 and 32/],
      ['10.0.0.0/255.0.0.0', /between 0 and 32/],
      ['fd00::/129', /between 0 and 128/],
      ['10.1.0.0/8', /write 10\.0\.0\.0\/8/],
      ['fd00::1/64', /write fd00::\/64/],
      ['10/8', /not a range/],
      ['fe80::1%eth0/64', /not a range/],
    ]
    for (const [text, message] of faults) expect(() => parseCidr(text), text).toThrow(message)
  })

  it('refuses to allow a whole address family', () => {
    verifies('S-17')
    for (const all of ['0.0.0.0/0', '::/0']) {
      expect(() => createAddressRules({ allowCidrs: [all], denyCidrs: [] })).toThrow(
        /every address/,
      )
    }
  })
})
