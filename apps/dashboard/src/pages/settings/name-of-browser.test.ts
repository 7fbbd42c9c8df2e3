import { expect, it } from 'vitest'
import { nameOfBrowser } from './name-of-browser.ts'

it('names browsers and their systems', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
  expect(nameOfBrowser(chrome)).toBe('Chrome on Linux')
  expect(nameOfBrowser(`${chrome} Edg/142.0.0.0`)).toBe('Edge on Linux')
  expect(
    nameOfBrowser(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari on iPhone')
  expect(
    nameOfBrowser(
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    ),
  ).toBe('Firefox on Windows')
})

it('gives a program its own name, and one to those that have none', () => {
  expect(nameOfBrowser('sallyport/0.1.0 node/20')).toBe('sallyport')
  expect(nameOfBrowser('')).toBe('A program')
})
