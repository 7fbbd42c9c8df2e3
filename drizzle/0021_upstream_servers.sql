CREATE TABLE "mcp_servers" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"toolset_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"transport" text NOT NULL,
	"command" text,
	"args" json NOT NULL,
	"cwd" text,
	"url" text,
	"permission" text NOT NULL,
	"package" text,
	"connect_timeout_seconds" integer NOT NULL,
	"read_timeout_seconds" integer NOT NULL,
	"per_agent" boolean NOT NULL,
	"env_names" json NOT NULL,
	"header_names" json NOT NULL,
	"variables" text[] NOT NULL,
	"enabled" boolean NOT NULL,
	"status" text NOT NULL,
	"failure" json,
	"server_info" json,
	"last_connected_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"pins" json NOT NULL,
	"refused" json NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "variables" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"connection_id" text,
	"sealed" "bytea" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "toolsets" ADD COLUMN "enabled" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_toolset_id_toolsets_id_fk" FOREIGN KEY ("toolset_id") REFERENCES "public"."toolsets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "variables" ADD CONSTRAINT "variables_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "variables" ADD CONSTRAINT "variables_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "mcp_servers_by_name" ON "mcp_servers" USING btree ("workspace_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "mcp_servers_by_connection" ON "mcp_servers" USING btree ("connection_id");--> statement-breakpoint
CREATE UNIQUE INDEX "mcp_servers_by_toolset" ON "mcp_servers" USING btree ("toolset_id");--> statement-breakpoint
CREATE INDEX "mcp_servers_by_workspace" ON "mcp_servers" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "variables_by_name" ON "variables" USING btree ("workspace_id","name");--> statement-breakpoint
CREATE INDEX "variables_by_workspace" ON "variables" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "variables_by_connection" ON "variables" USING btree ("connection_id");--> statement-breakpoint
-- Replicas connect and disconnect, and dashboards look again, when a server or what it refers to has changed.
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON mcp_servers
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON mcp_servers
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON variables
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON variables
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();
