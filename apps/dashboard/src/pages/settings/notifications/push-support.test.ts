import { expect, it } from 'vitest'
import { findNoPush } from './push-support.ts'

const able = {
  ...{ isSecure: true, hasServiceWorker: true, hasPush: true, touchPoints: 0 },
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0',
}
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1'
const ipad = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15'

it('finds nothing wrong with a browser that can be pushed to, on a phone or not', () => {
  expect(findNoPush(able)).toBeUndefined()
  expect(findNoPush({ ...able, userAgent: iphone, touchPoints: 5 })).toBeUndefined()
})

it('says first that the address is not safe', () => {
  const bare = { ...able, isSecure: false, hasServiceWorker: false, hasPush: false }
  expect(findNoPush(bare)).toBe('insecure')
  expect(findNoPush({ ...bare, userAgent: iphone })).toBe('insecure')
})

it('tells an app that is not installed yet from a browser that cannot', () => {
  const without = { ...able, hasPush: false }
  expect(findNoPush(without)).toBe('unsupported')
  expect(findNoPush({ ...without, userAgent: iphone })).toBe('not-installed')
  expect(findNoPush({ ...without, userAgent: ipad, touchPoints: 5 })).toBe('not-installed')
  expect(findNoPush({ ...without, userAgent: ipad, touchPoints: 0 })).toBe('unsupported')
})
