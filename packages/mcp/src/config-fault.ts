/** A wrong or missing variable: one sentence that names it. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
}
