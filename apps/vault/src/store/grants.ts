// What the role of the running vault may do, and no more: granted anew at each start, so that tables of new migrations are covered.
import type { Sql } from './connect.ts'

/** A schema of its own in the same database, of something that makes and changes its tables by itself. */
export interface FurtherSchema {
  readonly name: string
  /** Its record of what it has made: not to be written by the role of the application. */
  readonly ledger: string
  /** Brings it up to date, in one transaction, on the one session that is handed in. */
  migrate(run: (text: string, parameters?: readonly unknown[]) => Promise<unknown[]>): Promise<void>
}

/**
 * Where the running vault does less than read, add, change and remove: what it does there, by table. What is missing here is done by
 * the owner of the tables alone: by a start that binds a database to its root key, by `sallyport keys rotate`, by a restore.
 */
const narrowed: Readonly<Record<string, readonly string[]>> = {
  // The audit log only grows, and retention removes by a function of the owner's.
  audit_records: ['SELECT', 'INSERT'],
  audit_checkpoints: ['SELECT', 'INSERT'],
  audit_heads: ['SELECT', 'INSERT', 'UPDATE (seq, hash, mac)'],
  audit_open: ['SELECT', 'INSERT', 'DELETE'],
  // What the operator says, and what that function alone may write.
  audit_retention: ['SELECT'],
  audit_starts: ['SELECT'],
  // Keys, and what they go with: a workspace that is removed takes its keys along.
  installation: ['SELECT', 'UPDATE (setup_token_hash, set_up_at)'],
  installation_secrets: ['SELECT'],
  root_keys: ['SELECT'],
  workspace_keys: ['SELECT', 'INSERT'],
  workspaces: ['SELECT', 'INSERT', 'UPDATE (name, frozen_at, frozen_by)'],
}

/** Grants the role of the running vault what it needs and takes the rest, in one transaction: it never has more than meant. */
export async function grant(sql: Sql, appRole: string): Promise<void> {
  await sql.begin(async (tx) => {
    const role = tx(appRole)
    await tx`GRANT USAGE ON SCHEMA public TO ${role}`
    // Somebody may have given it all, a trigger on a table among it, which would run as the owner where the owner writes.
    await tx`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`
    await tx`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`
    await tx`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`
    for (const [table, rights] of Object.entries(narrowed)) {
      // Of single columns, too.
      await tx`REVOKE ALL ON ${tx(table)} FROM ${role}`
      await tx`GRANT ${tx.unsafe(rights.join(', '))} ON ${tx(table)} TO ${role}`
    }
    await tx`
      GRANT EXECUTE ON FUNCTION sallyport_prune_audit(text, bigint, timestamptz, bytea) TO ${role}`
  })
}

/** The same for a schema of its own, whose ledger is not to be written. */
export async function grantFurther(sql: Sql, appRole: string, further: FurtherSchema) {
  await sql.begin(async (tx) => {
    const role = tx(appRole)
    const schema = tx(further.name)
    await tx`GRANT USAGE ON SCHEMA ${schema} TO ${role}`
    await tx`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`
    await tx`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`
    const ledger = tx`${schema}.${tx(further.ledger)}`
    await tx`REVOKE INSERT, UPDATE, DELETE ON ${ledger} FROM ${role}`
  })
}
