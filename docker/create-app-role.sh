#!/bin/sh
# Runs once, when PostgreSQL makes its data directory: the role of the running vault owns nothing, so that it cannot change
# or delete audit entries. The vault grants it what it needs when it migrates.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(cat /run/secrets/database-app-password)" <<'SQL'
CREATE ROLE sallyport_app LOGIN PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
