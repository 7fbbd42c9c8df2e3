import { type Finding, fail, ok } from './finding.ts'

const what = 'root key'

/** Judges whether the root keys that are here open the database. */
export function judgeRootKey(standing: 'unbound' | 'whole' | 'other' | 'unfinished'): Finding {
  switch (standing) {
    case 'unbound':
      return ok(what, 'readable; the first start binds the database to it')
    case 'whole':
      return ok(what, 'opens this database')
    case 'other':
      return fail(what, 'is not the one that this database was made with: give the right one')
    case 'unfinished':
      return fail(what, 'a rotation has not ended, and the other key is not here: give both')
  }
}
