import type { Role } from '@sallyport/contracts'
import type { NewSession, OwnerProfile } from './owner-session.ts'
import type { Admission, KnownPeople, RefusalReason } from './single-sign-on-admission.ts'
import type { FlowStore } from './single-sign-on-flow.ts'
import type { SettingsStore, SingleSignOnRow } from './single-sign-on-settings.ts'

/** Somebody whom the provider signed in, and the session that they are to have. */
export interface Arrival {
  readonly workspaceId: string
  /** By which it is decided: with others, nothing is done. Versions begin anew with settings that were deleted. */
  readonly settings: Pick<SingleSignOnRow, 'version' | 'createdAt'>
  readonly issuer: string
  readonly subject: string
  /** Verified. */
  readonly email: string | undefined
  /** Pure; asked while nobody else can change who is in the workspace. */
  readonly decide: (known: KnownPeople) => Admission
  /** The id of the member, should one be made. */
  readonly newOwnerId: string
  readonly session: NewSession
  readonly ends: Uint8Array | undefined
  readonly onlyIfEnded: boolean
  readonly nowMs: number
}

/** What became of it. */
export type Arrived =
  | {
      readonly kind: 'known' | 'link' | 'create'
      readonly profile: OwnerProfile
      /** The role until now, where it is another one. */
      readonly roleBefore: string | undefined
      readonly invitationId: string | undefined
    }
  | {
      readonly kind: 'refused'
      readonly reason: RefusalReason
      /** The member whose account it is. */
      readonly ownerId: string | undefined
      /** Where they lost a role that a group had given them. */
      readonly roles?: { readonly roleBefore: Role; readonly role: Role } | undefined
    }
  /** The session that was to be renewed is not there any more. */
  | { readonly kind: 'session-gone' }

/** New settings; `version` is one more than those which they replace have. */
export interface NewSettings {
  readonly workspaceId: string
  readonly actorId: string
  readonly sealed: Uint8Array
  readonly version: number
  /** They are another provider's or client's: sessions that the former one began end. */
  readonly endsSessions: boolean
  readonly nowMs: number
}

export interface SingleSignOnStore extends SettingsStore, FlowStore {
  /** Decided while the owners of the workspace are locked. */
  put(
    settings: NewSettings,
  ): Promise<
    { readonly createdAt: Date; readonly updatedAt: Date } | 'actor-not-owner' | 'version-conflict'
  >
  /**
   * Removes the settings and open flows, forgets whose account at the provider is whose, and ends the sessions that were begun
   * by it; answers how many.
   */
  delete(given: {
    readonly workspaceId: string
    readonly actorId: string
  }): Promise<number | 'not-found' | 'actor-not-owner'>
  /**
   * Does what is decided, in one transaction: makes, links or changes the member and begins their session. A member whose role
   * changes loses their other sessions and their tokens; one who may not come in any more, their tokens and the sessions that
   * the provider began, and all of them with a role that a group had given.
   */
  arrive(arrival: Arrival): Promise<Arrived>
}
