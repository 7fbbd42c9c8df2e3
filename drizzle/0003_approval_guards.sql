-- Approvals, capability requests and the freezing of a workspace are told to every replica too: those who wait for an
-- owner wake up, and dashboards read again. Notices hold ids only.
CREATE OR REPLACE FUNCTION sallyport_change_payload(source text, changed jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE source
    WHEN 'agent_tokens' THEN json_build_object(
      'table', source, 'id', substr(changed ->> 'hash', 3), 'agentId', changed ->> 'agent_id')
    WHEN 'policies' THEN json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id',
      'agentId', changed ->> 'agent_id', 'connectionId', changed ->> 'connection_id')
    WHEN 'approvals' THEN json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id',
      'agentId', changed ->> 'agent_id')
    WHEN 'capability_requests' THEN json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id',
      'agentId', changed ->> 'agent_id')
    WHEN 'workspaces' THEN json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'id')
    ELSE json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id')
  END::text
$$;--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON approvals
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON capability_requests
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER UPDATE OR DELETE ON workspaces
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON approvals
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON workspaces
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();
