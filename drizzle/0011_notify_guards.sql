-- Dashboards and replicas hear of channels, alerts, remembered approvals and of what waits to be told. Notices hold ids only.
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON remembered_approvals
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
-- A channel whose answers are fetched has not changed.
CREATE TRIGGER tell_change AFTER INSERT OR DELETE ON notification_channels
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_update AFTER UPDATE ON notification_channels
  FOR EACH ROW WHEN (to_jsonb(OLD) - 'polled_by' - 'polled_until' - 'poll_offset'
    IS DISTINCT FROM to_jsonb(NEW) - 'polled_by' - 'polled_until' - 'poll_offset')
  EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON alerts
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT ON notification_outbox
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON notification_deliveries
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
-- What people are told of is written down in the transaction in which it happens, where anybody wants to be told.
CREATE FUNCTION sallyport_outbox(workspace text, event text, subject text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.notification_outbox (workspace_id, kind, subject_id)
  SELECT workspace, event, subject WHERE EXISTS (
    SELECT 1 FROM public.notification_channels
    WHERE workspace_id = workspace AND enabled AND event = ANY (events))
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_tell_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.sallyport_outbox(
    CASE TG_TABLE_NAME WHEN 'workspaces' THEN NEW.id ELSE to_jsonb(NEW) ->> 'workspace_id' END,
    CASE TG_TABLE_NAME
      WHEN 'approvals' THEN 'approval'
      WHEN 'capability_requests' THEN 'capability'
      WHEN 'connections' THEN 'needs_reauth'
      WHEN 'workspaces' THEN 'freeze'
      WHEN 'alerts' THEN
        CASE WHEN to_jsonb(NEW) ->> 'kind' = 'limit_reached' THEN 'limit_reached' ELSE 'unusual_activity' END
    END,
    NEW.id);
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER tell_people AFTER INSERT ON approvals
  FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION sallyport_tell_people();--> statement-breakpoint
CREATE TRIGGER tell_people AFTER INSERT ON capability_requests
  FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION sallyport_tell_people();--> statement-breakpoint
CREATE TRIGGER tell_people AFTER UPDATE ON connections
  FOR EACH ROW WHEN (OLD.status <> 'needs_reauth' AND NEW.status = 'needs_reauth')
  EXECUTE FUNCTION sallyport_tell_people();--> statement-breakpoint
CREATE TRIGGER tell_people AFTER UPDATE ON workspaces
  FOR EACH ROW WHEN (OLD.frozen_at IS NULL AND NEW.frozen_at IS NOT NULL)
  EXECUTE FUNCTION sallyport_tell_people();--> statement-breakpoint
CREATE TRIGGER tell_people AFTER INSERT ON alerts
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_people();
