import { describe, expect, it } from 'vitest'
import { closeEach } from './close-house.ts'

describe('closing a house', () => {
  it('closes the audit log and the database although a room before them cannot be closed, and then says so', async () => {
    const closed: string[] = []
    const close = (name: string) => async () => void closed.push(name)
    const broken = async () => {
      throw new Error('no room')
    }
    await expect(closeEach([broken, close('audit'), close('store')])).rejects.toThrow('no room')
    expect(closed).toEqual(['audit', 'store'])
  })

  it('says of each that could not be closed', async () => {
    const fail = (message: string) => async () => {
      throw new Error(message)
    }
    const error = await closeEach([fail('one'), fail('two')]).catch((thrown: unknown) => thrown)
    expect((error as AggregateError).errors).toMatchObject([{ message: 'one' }, { message: 'two' }])
  })
})
