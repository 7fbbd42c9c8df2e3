import { describe, expect, it } from 'vitest'
import { readChallenge } from './auth-challenge.ts'

const challengeOf = (status: number, header?: string) =>
  readChallenge({
    status,
    headers: new Headers(header === undefined ? {} : { 'www-authenticate': header }),
  })

describe('what a server wants', () => {
  it('is read from a Bearer challenge, in any order, quoted or not', () => {
    expect(
      challengeOf(
        401,
        'Bearer error="invalid_token", resource_metadata="https://a.example/.well-known/x", scope="read write"',
      ),
    ).toEqual({
      ...{ status: 401, isBearer: true, error: 'invalid_token', scopes: ['read', 'write'] },
      resourceMetadata: 'https://a.example/.well-known/x',
    })
    expect(challengeOf(401, 'bearer scope=read,error=x')).toMatchObject({ scopes: ['read'] })
    expect(challengeOf(401, 'Bearer realm="a \\"b\\", c=d", scope="s"')).toMatchObject({
      scopes: ['s'],
    })
  })

  it('is not taken from the challenge of another scheme', () => {
    const mixed =
      'Basic realm="x", scope="evil", DPoP algs="ES256", Bearer scope="good", Basic scope="no"'
    expect(challengeOf(401, mixed)).toMatchObject({ isBearer: true, scopes: ['good'] })
    expect(challengeOf(401, 'Basic realm="Bearer scope=evil"')).toEqual({
      status: 401,
      isBearer: false,
    })
  })

  it('counts the first of a parameter that stands there twice', () => {
    expect(challengeOf(401, 'Bearer scope="a", scope="b"')).toMatchObject({ scopes: ['a'] })
  })

  it('is a sign-in for each 401, and for a 403 only where scopes are lacking', () => {
    expect(challengeOf(401)).toEqual({ status: 401, isBearer: false })
    expect(challengeOf(403, 'Bearer error="insufficient_scope", scope="admin"')).toMatchObject({
      ...{ status: 403, scopes: ['admin'] },
    })
    expect(challengeOf(403, 'Bearer error="invalid_token"')).toBeUndefined()
    expect(challengeOf(403)).toBeUndefined()
    expect(challengeOf(200, 'Bearer scope="a"')).toBeUndefined()
  })

  it('holds no scope that is none, and not more than there is room for', () => {
    const many = Array.from({ length: 300 }, (_, at) => `s${at}`).join(' ')
    expect(challengeOf(401, `Bearer scope="${many}"`)?.scopes).toHaveLength(100)
    expect(challengeOf(401, `Bearer scope="a \\"b ${'x'.repeat(300)}"`)?.scopes).toEqual(['a'])
  })

  it('is read in linear time, whatever it is', () => {
    const startedMs = performance.now()
    for (const odd of [
      '"'.repeat(8000),
      '\\"'.repeat(4000),
      'a='.repeat(4000),
      ', '.repeat(4000),
    ]) {
      challengeOf(401, `Bearer x="${odd}`)
    }
    expect(performance.now() - startedMs).toBeLessThan(500)
  })
})
