-- What changes on agents, tokens, connections and policies is told to every replica, which drops what it has cached.
-- Old and new row are both told, in case a key was changed; PostgreSQL sends equal payloads of a transaction once.
CREATE FUNCTION sallyport_change_payload(source text, changed jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE source
    WHEN 'agent_tokens' THEN json_build_object(
      'table', source, 'id', substr(changed ->> 'hash', 3), 'agentId', changed ->> 'agent_id')
    WHEN 'policies' THEN json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id',
      'agentId', changed ->> 'agent_id', 'connectionId', changed ->> 'connection_id')
    ELSE json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id')
  END::text
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('sallyport_changes', public.sallyport_change_payload(TG_TABLE_NAME, to_jsonb(OLD)));
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM pg_notify('sallyport_changes', public.sallyport_change_payload(TG_TABLE_NAME, to_jsonb(NEW)));
  END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR DELETE ON agents
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
-- An agent that was merely seen has not changed.
CREATE TRIGGER tell_update AFTER UPDATE ON agents
  FOR EACH ROW WHEN (to_jsonb(OLD) - 'last_seen_at' IS DISTINCT FROM to_jsonb(NEW) - 'last_seen_at')
  EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER UPDATE OR DELETE ON agent_tokens
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON connections
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON policies
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
-- TRUNCATE fires no row trigger: it tells everyone to forget everything.
CREATE FUNCTION sallyport_tell_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sallyport_changes', '{"table":"*","id":"*"}');
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON agents
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON agent_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON connections
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON policies
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
-- The audit log only grows, whoever asks. Grants keep the application's role off as well; see store/migrate.ts.
CREATE FUNCTION sallyport_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', HINT = 'Audit records are never changed or removed.';
END
$$;--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_refuse_change();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_refuse_change();--> statement-breakpoint
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER append_only;--> statement-breakpoint
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER append_only;
