import type { Output } from '../../api.ts'

/** A capability request with what granting it would mean. */
export type Detail = Output<'getCapabilityRequest'>['capabilityRequest']
