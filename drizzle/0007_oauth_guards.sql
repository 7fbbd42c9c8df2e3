-- Whoever waits for an access token hears on every replica when there is a new one, and so do those who keep one in memory.
-- Dashboards hear of OAuth clients and of attempts to connect. Notices hold ids only.
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
    WHEN 'connection_tokens' THEN json_build_object(
      'table', source, 'id', changed ->> 'connection_id', 'workspaceId', changed ->> 'workspace_id')
    ELSE json_build_object(
      'table', source, 'id', changed ->> 'id', 'workspaceId', changed ->> 'workspace_id')
  END::text
$$;--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON connection_tokens
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON oauth_apps
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER UPDATE OR DELETE ON connect_flows
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON connection_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();
