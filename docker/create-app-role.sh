#!/bin/sh
# Runs once, when PostgreSQL makes its data directory: the role of the running vault owns nothing, so that it cannot change
# or delete audit entries. The vault grants it what it needs when it migrates.
set -eu
# The password is read by psql itself: as an argument it would stand in the list of processes.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/database-app-password`
CREATE ROLE sallyport_app LOGIN PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
