-- Every change of a toolset or of its tools moves the toolset's version: one notice tells replicas and dashboards of it.
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON toolsets
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON toolsets
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON tools
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
-- A consumer token that was merely used has not changed.
DROP TRIGGER tell_change ON agent_tokens;--> statement-breakpoint
CREATE TRIGGER tell_change AFTER DELETE ON agent_tokens
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_update AFTER UPDATE ON agent_tokens
  FOR EACH ROW WHEN (to_jsonb(OLD) - 'last_used_at' IS DISTINCT FROM to_jsonb(NEW) - 'last_used_at')
  EXECUTE FUNCTION sallyport_tell_change();
