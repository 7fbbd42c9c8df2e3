CREATE TABLE "sql_sources" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"toolset_id" text NOT NULL,
	"dialect" text NOT NULL,
	"host" text,
	"port" integer,
	"database" text,
	"tls" text,
	"path" text,
	"login" text,
	"query" boolean NOT NULL,
	"schema_tools" boolean NOT NULL,
	"rows_max" integer NOT NULL,
	"timeout_seconds" integer NOT NULL,
	"bytes_max" integer NOT NULL,
	"last_check" json,
	"checked_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sql_sources" ADD CONSTRAINT "sql_sources_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sql_sources" ADD CONSTRAINT "sql_sources_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sql_sources" ADD CONSTRAINT "sql_sources_toolset_id_toolsets_id_fk" FOREIGN KEY ("toolset_id") REFERENCES "public"."toolsets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "sql_sources_by_connection" ON "sql_sources" USING btree ("connection_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sql_sources_by_toolset" ON "sql_sources" USING btree ("toolset_id");--> statement-breakpoint
CREATE INDEX "sql_sources_by_workspace" ON "sql_sources" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON sql_sources
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell_change();--> statement-breakpoint
CREATE TRIGGER tell_truncate AFTER TRUNCATE ON sql_sources
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell_truncate();
