import { describe, expect, it } from 'vitest'
import { readAnswer } from './authorization-response.ts'

describe('what a provider sent the browser back with', () => {
  it('is what the standards name, and nothing else', () => {
    expect(readAnswer('?code=c%201&state=s&iss=https%3A%2F%2Fi.example&scope=a+b&hd=x')).toEqual({
      state: 's',
      code: 'c 1',
      iss: 'https://i.example',
    })
    expect(readAnswer('?error=access_denied&state=s&error_description=No')).toEqual({
      state: 's',
      error: 'access_denied',
      error_description: 'No',
    })
  })

  it.each(['', '?', '?code=c', '?state=', '?state=a&state=b', '?state=a&code=1&code=2'])(
    'is no answer where nothing says whose it is, or something is said twice (%j)',
    (query) => {
      expect(readAnswer(query)).toBeUndefined()
    },
  )
})
