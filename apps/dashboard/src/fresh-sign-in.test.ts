import { expect, it } from 'vitest'
import { createFreshSignIn } from './fresh-sign-in.ts'

it('asks once for all that wait, and tells each how it went', async () => {
  const freshSignIn = createFreshSignIn()
  let changes = 0
  const unsubscribe = freshSignIn.subscribe(() => {
    changes += 1
  })
  const waiting = [freshSignIn.ask(), freshSignIn.ask()]
  expect(freshSignIn.isOpen()).toBe(true)
  freshSignIn.answer(true)
  expect(await Promise.all(waiting)).toEqual([true, true])
  expect(freshSignIn.isOpen()).toBe(false)
  expect(changes).toBe(3)
  unsubscribe()
  const refused = freshSignIn.ask()
  freshSignIn.answer(false)
  expect(await refused).toBe(false)
  expect(changes).toBe(3)
})
