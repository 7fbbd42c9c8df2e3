import { expect, it } from 'vitest'
import { readPackage } from './package-name.ts'

it('reads names of packages, with one version or none', () => {
  expect(readPackage('@scope/tool@1.2.3', 'npm')).toEqual({ name: '@scope/tool', version: '1.2.3' })
  expect(readPackage('tool', 'npm')).toEqual({ name: 'tool' })
  expect(readPackage('tool@2.0.0-beta.1', 'bun')).toEqual({ name: 'tool', version: '2.0.0-beta.1' })
  expect(readPackage('Tool.name==1.2', 'uv')).toEqual({ name: 'Tool.name', version: '1.2' })
})

it('takes nothing else: no option, path, address, tag, range or command', () => {
  const wrong = [
    ...[
      '',
      '-g',
      '--prefix=/',
      '../tool',
      '/tool',
      './tool',
      'git+https://a/b',
      'file:x',
      'a b',
      'a;b',
    ],
    ...[
      'tool@latest',
      'tool@^1.0.0',
      'tool@1.x',
      'tool@',
      '@scope',
      '@scope/',
      'tool@npm:other@1.0.0',
    ],
    ...['Tool', 'a\nb', `${'x'.repeat(215)}`, 'tool@1.0.0;id', '.', '..', 'node_modules/../x'],
  ]
  for (const text of wrong) expect(readPackage(text, 'npm'), text).toBeUndefined()
  for (const text of ['x==', 'x==*', 'x>=1', 'x[y]', 'x @ https://a', '-r']) {
    expect(readPackage(text, 'uv'), text).toBeUndefined()
  }
})
