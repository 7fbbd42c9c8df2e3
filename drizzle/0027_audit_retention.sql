-- The audit log still only grows, but for retention: what is older than the operator keeps is removed by the one function below,
-- as a prefix of a chain. The role of the running vault can call it and cannot delete anything otherwise.
CREATE OR REPLACE FUNCTION sallyport_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- current_user is the owner of the tables inside sallyport_prune_audit alone, where another role calls it.
  IF TG_OP = 'DELETE' AND current_setting('sallyport.pruning_audit', true) = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = TG_RELID)
  THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', HINT = 'Audit records are never changed or removed.';
END
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_prune_audit(of_workspace text, up_to bigint, signed_at timestamptz, signed bytea)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  keep_days integer;
  kept_from timestamptz;
  checkpoint_hash bytea;
  checkpoint_mac bytea;
  removed bigint;
BEGIN
  -- Two replicas: the second one finds that the chain starts there already.
  PERFORM pg_advisory_xact_lock(hashtextextended('sallyport_prune_audit:' || of_workspace, 0));
  IF EXISTS (SELECT 1 FROM public.audit_starts WHERE workspace_id = of_workspace AND seq >= up_to) THEN
    RETURN 0;
  END IF;
  SELECT days INTO keep_days FROM public.audit_retention WHERE id = 1;
  IF keep_days IS NULL OR keep_days < 30 THEN
    RAISE EXCEPTION 'audit entries are kept for ever' USING ERRCODE = 'insufficient_privilege';
  END IF;
  kept_from := now() - make_interval(days => keep_days);
  SELECT hash, mac INTO checkpoint_hash, checkpoint_mac FROM public.audit_checkpoints
    WHERE workspace_id = of_workspace AND seq = up_to;
  IF NOT EXISTS (SELECT 1 FROM public.audit_records WHERE workspace_id = of_workspace AND seq = up_to
    AND hash = checkpoint_hash AND mac = checkpoint_mac)
  THEN
    RAISE EXCEPTION 'no checkpoint at this record' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT 1 FROM public.audit_records
    WHERE workspace_id = of_workspace AND seq <= up_to AND at >= kept_from)
  THEN
    RAISE EXCEPTION 'entries are to be kept for longer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT 1 FROM public.audit_open WHERE workspace_id = of_workspace AND deadline < kept_from) THEN
    RAISE EXCEPTION 'an attempt has no outcome yet' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT 1 FROM public.audit_streams WHERE workspace_id = of_workspace AND enabled AND (
    ('entries' = ANY (sends) AND last_seq < up_to)
    OR ('checkpoints' = ANY (sends) AND last_checkpoint_seq < up_to)))
  THEN
    RAISE EXCEPTION 'a stream has not delivered them' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.audit_starts AS standing (workspace_id, seq, hash, mac, at, signature)
    VALUES (of_workspace, up_to, checkpoint_hash, checkpoint_mac, signed_at, signed)
    ON CONFLICT (workspace_id) DO UPDATE SET
      seq = EXCLUDED.seq, hash = EXCLUDED.hash, mac = EXCLUDED.mac, at = EXCLUDED.at, signature = EXCLUDED.signature
    WHERE standing.seq < EXCLUDED.seq;
  PERFORM set_config('sallyport.pruning_audit', 'on', true);
  DELETE FROM public.audit_records WHERE workspace_id = of_workspace AND seq <= up_to;
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM public.audit_checkpoints WHERE workspace_id = of_workspace AND seq < up_to;
  PERFORM set_config('sallyport.pruning_audit', 'off', true);
  RETURN removed;
END
$$;--> statement-breakpoint
-- PostgreSQL lets everybody call a new function; each start grants it to the role of the vault.
REVOKE ALL ON FUNCTION sallyport_prune_audit(text, bigint, timestamptz, bytea) FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON audit_streams
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();
