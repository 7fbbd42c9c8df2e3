import { equal } from './as-found.ts'
import { createRecordMac } from './chain.ts'
import type { EpochKeys } from './epochs.ts'

// Which keys a record was written with: a verifier knows the versions, and the record does not say.

export type RecordMac = (seq: number, hash: Uint8Array) => Uint8Array

/** The MAC functions of one workspace, by version. */
export const macsOf = (
  epochs: readonly Pick<EpochKeys, 'version' | 'macKey'>[],
  workspaceId: string,
): ReadonlyMap<number, RecordMac> =>
  new Map(epochs.map((one) => [one.version, createRecordMac(one.macKey(workspaceId), workspaceId)]))

/** The oldest version whose key gives this MAC; undefined where none does. */
export function findVersion(
  macs: ReadonlyMap<number, RecordMac>,
  { seq, hash, mac }: { readonly seq: number; readonly hash: Uint8Array; readonly mac: Uint8Array },
): number | undefined {
  const versions = [...macs.keys()].sort((a, b) => a - b)
  return versions.find((version) => {
    const expected = macs.get(version)?.(seq, hash)
    return expected !== undefined && equal(expected, mac)
  })
}
