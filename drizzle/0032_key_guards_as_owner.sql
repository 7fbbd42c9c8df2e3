-- The guards of keys hold the row of the key that is named until they commit, and that takes the right to change it. They do it as
-- the owner of the tables, so that the role of the running vault needs no such right.
ALTER FUNCTION sallyport_require_root_key() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;--> statement-breakpoint
ALTER FUNCTION sallyport_check_sealed() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;--> statement-breakpoint
ALTER FUNCTION sallyport_check_totp_sealed() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;--> statement-breakpoint
ALTER FUNCTION sallyport_check_reference() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
