import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathFaults, readPaths } from './path-faults.ts'

describe('paths as they are typed', () => {
  it('lose blank lines and space around them', () => {
    expect(readPaths(' /a \n\n\n/b/**\n')).toEqual(['/a', '/b/**'])
  })

  it('are taken out of a URL that was pasted', () => {
    expect(readPaths('https://api.example.com/v1/users?x=1')).toEqual(['/v1/users'])
  })

  it('stay as they are when they are read again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = readPaths(text)
        expect(readPaths(once.join('\n'))).toEqual(once)
      }),
    )
  })
})

describe('what is wrong with paths', () => {
  it('is nothing where all are patterns', () => {
    expect(pathFaults(['/a', '/a/*', '/**'])).toEqual([])
  })

  it('names the line and says what to write instead', () => {
    const [fault, ...more] = pathFaults(['/a', 'b', '/c?x=1'])
    expect(fault).toMatch(/^Line 2, “b”, must begin with \//)
    expect(more).toHaveLength(1)
  })
})
