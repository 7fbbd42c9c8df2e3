-- Where everybody may make functions in `public` (databases that were made before PostgreSQL 15), the role of the vault could put one
-- there that fits a call better than PostgreSQL's own, and the owner would run it. The function names its tables in full.
ALTER FUNCTION sallyport_prune_audit(text, bigint, timestamptz, bytea) SET search_path = pg_catalog, pg_temp;
