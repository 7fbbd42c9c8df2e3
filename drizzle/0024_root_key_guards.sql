-- A root key that something is wrapped under can not go, and nothing is wrapped under one that went (S-35): whoever writes such
-- a row holds the key's row until it commits. A database that no vault has told of its root key yet is let be.
CREATE FUNCTION sallyport_require_root_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM public.root_keys WHERE id = substring(NEW.wrapped FROM 2 FOR 8) FOR KEY SHARE;
  IF NOT FOUND AND EXISTS (SELECT 1 FROM public.root_keys) THEN
    RAISE EXCEPTION 'a key in % is wrapped under a root key that is not in use', TG_TABLE_NAME
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wrapped_under_a_root_key';
  END IF;
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE TRIGGER require_root_key BEFORE INSERT OR UPDATE OF wrapped ON workspace_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_require_root_key();--> statement-breakpoint
CREATE TRIGGER require_root_key BEFORE INSERT OR UPDATE OF wrapped ON installation_secrets
  FOR EACH ROW EXECUTE FUNCTION sallyport_require_root_key();--> statement-breakpoint
CREATE FUNCTION sallyport_keep_used_root_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.workspace_keys WHERE substring(wrapped FROM 2 FOR 8) = OLD.id)
    OR EXISTS (SELECT 1 FROM public.installation_secrets WHERE substring(wrapped FROM 2 FOR 8) = OLD.id)
    OR EXISTS (SELECT 1 FROM public.installation WHERE key_check = OLD.key_check) THEN
    RAISE EXCEPTION 'the root key is still in use'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'root_key_in_use';
  END IF;
  RETURN OLD;
END
$$;--> statement-breakpoint
CREATE TRIGGER keep_used BEFORE DELETE ON root_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_keep_used_root_key();--> statement-breakpoint
-- The same one storey lower: a workspace's key that went seals nothing any more. What names no key that there ever was is no
-- matter of this guard: it opens nowhere.
CREATE FUNCTION sallyport_require_workspace_key(workspace text, envelope bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key_version bigint;
BEGIN
  IF length(envelope) < 37 OR substring(envelope FROM 1 FOR 5) <> '\x0100000000'::bytea THEN
    RETURN;
  END IF;
  key_version := ('x' || encode(substring(envelope FROM 6 FOR 4), 'hex'))::bit(32)::bigint;
  PERFORM 1 FROM public.workspace_keys WHERE workspace_id = workspace AND version = key_version FOR KEY SHARE;
  IF NOT FOUND AND EXISTS (
    SELECT 1 FROM public.workspace_keys WHERE workspace_id = workspace AND version > key_version
  ) THEN
    RAISE EXCEPTION 'a value is sealed under a workspace key that is not in use any more'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'sealed_under_a_workspace_key';
  END IF;
END
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_check_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.sallyport_require_workspace_key(NEW.workspace_id, NEW.sealed);
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_check_totp_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.sallyport_require_workspace_key(NEW.workspace_id, NEW.totp_sealed);
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE FUNCTION sallyport_check_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.sallyport_require_workspace_key(NEW.workspace_id, decode(NEW.reference ->> 'sealed', 'base64'));
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON approvals
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON connect_flows
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON connection_tokens
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON connections
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON mail_servers
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON notification_channels
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON oauth_apps
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON push_keys
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON remembered_approvals
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON single_sign_on
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_sealed BEFORE INSERT OR UPDATE OF sealed ON variables
  FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_sealed();--> statement-breakpoint
CREATE TRIGGER check_totp_sealed BEFORE INSERT OR UPDATE OF totp_sealed ON owners
  FOR EACH ROW WHEN (NEW.totp_sealed IS NOT NULL) EXECUTE FUNCTION sallyport_check_totp_sealed();--> statement-breakpoint
CREATE TRIGGER check_reference BEFORE INSERT OR UPDATE OF reference ON notification_deliveries
  FOR EACH ROW WHEN (NEW.reference ? 'sealed') EXECUTE FUNCTION sallyport_check_reference();--> statement-breakpoint
-- Every vault hears at once of a key that is new.
CREATE FUNCTION sallyport_tell_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'workspace_keys' THEN
    PERFORM pg_notify('sallyport_changes', json_build_object(
      'table', TG_TABLE_NAME, 'id', NEW.workspace_id, 'workspaceId', NEW.workspace_id)::text);
  ELSE
    PERFORM pg_notify('sallyport_changes', json_build_object(
      'table', TG_TABLE_NAME, 'id', encode(NEW.id, 'hex'))::text);
  END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER tell_keys AFTER INSERT ON workspace_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_keys();--> statement-breakpoint
CREATE TRIGGER tell_keys AFTER INSERT ON root_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_keys();
