import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { defaultBehaviour } from '../fixtures/oauth-provider-behaviour.ts'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import { startTrio, type Trio } from '../fixtures/trio.ts'
import { clocks } from './three-replicas/clocks.cases.ts'
import { kills } from './three-replicas/kills.cases.ts'
import { oneOfSeveral } from './three-replicas/one-of-several.cases.ts'
import { rotation } from './three-replicas/rotation.cases.ts'
import { sharedState } from './three-replicas/shared-state.cases.ts'

// Three processes on one PostgreSQL and one Redis: all that is shared is shared by three, and what happens to one of them is no matter
// of the others. One trio for everything, since starting it is what costs.

let trio: Trio
let oauth: OAuthScene
beforeAll(async () => {
  trio = await startTrio()
  oauth = await startOAuthScene({ vault: trio.replicas.first })
})
afterEach(() => {
  trio.upstream.release()
  trio.upstream.hold()
  oauth.provider.faults.clear()
  oauth.provider.log.clear()
  Object.assign(oauth.provider.behaviour, defaultBehaviour())
})
afterAll(async () => {
  await oauth?.stop()
  await trio?.stop()
})

const given = { trio: () => trio, oauth: () => oauth }

describe('three replicas', () => sharedState(given))
describe('the keys of three replicas', () => rotation(given))
describe('one replica of three', () => oneOfSeveral(given))
describe('one replica of three, killed', () => kills(given))
describe('one replica of three, whose clock is wrong,', () => clocks(given))
