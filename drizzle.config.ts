import { defineConfig } from 'drizzle-kit'

// Only for generating migrations (`drizzle-kit generate`); the vault runs them itself, see apps/vault/src/store/migrate.ts.
export default defineConfig({
  dialect: 'postgresql',
  schema: './apps/vault/src/store/*tables.ts',
  out: './drizzle',
})
