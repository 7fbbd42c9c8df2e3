/** Where something sensitive stands, in UTF-16 units. `kind` is one of `sensitiveKinds` or an owner's own. */
export interface Finding {
  readonly kind: string
  readonly start: number
  readonly end: number
}
