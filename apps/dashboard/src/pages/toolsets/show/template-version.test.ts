import { describe, expect, it } from 'vitest'
import { newerVersion, templateOf } from './template-version.ts'

describe('the version of a ready toolset', () => {
  it('stands behind the last @', () => {
    expect(templateOf('google-drive@12')).toEqual({ id: 'google-drive', version: 12 })
  })

  it('is behind where the catalog has a newer one of the same template, counted and not spelt', () => {
    const templates = [
      { id: 'github', version: 9 },
      { id: 'github', version: 10 },
      { id: 'gitlab', version: 30 },
    ]
    expect(newerVersion(templates, 'github@9')).toBe(10)
    expect(newerVersion(templates, 'github@10')).toBeUndefined()
    expect(newerVersion(templates, 'github@11')).toBeUndefined()
    expect(newerVersion(templates, 'gone@1')).toBeUndefined()
    expect(newerVersion(templates, undefined)).toBeUndefined()
  })
})
