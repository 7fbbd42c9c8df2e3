CREATE TABLE "tools" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"toolset_id" text NOT NULL,
	"name" text NOT NULL,
	"key" text NOT NULL,
	"status" text NOT NULL,
	"definition" json,
	"digest" text NOT NULL,
	"source_tool_id" text,
	"overrides" json,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "toolset_versions" (
	"toolset_id" text NOT NULL,
	"version" integer NOT NULL,
	"cause" text NOT NULL,
	"owner_id" text,
	"tools" json NOT NULL,
	"tool_count" integer NOT NULL,
	"added" integer NOT NULL,
	"removed" integer NOT NULL,
	"changed" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "toolset_versions_toolset_id_version_pk" PRIMARY KEY("toolset_id","version")
);
--> statement-breakpoint
CREATE TABLE "toolsets" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"title" text,
	"description" text,
	"format" text NOT NULL,
	"template" text,
	"source_digest" text,
	"connection_id" text,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agent_tokens" ADD COLUMN "consumer_id" text;--> statement-breakpoint
ALTER TABLE "agent_tokens" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "agent_tokens" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "tool_listing" text DEFAULT 'auto' NOT NULL;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "tool" jsonb;--> statement-breakpoint
ALTER TABLE "tools" ADD CONSTRAINT "tools_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tools" ADD CONSTRAINT "tools_toolset_id_toolsets_id_fk" FOREIGN KEY ("toolset_id") REFERENCES "public"."toolsets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "toolset_versions" ADD CONSTRAINT "toolset_versions_toolset_id_toolsets_id_fk" FOREIGN KEY ("toolset_id") REFERENCES "public"."toolsets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "toolsets" ADD CONSTRAINT "toolsets_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "toolsets" ADD CONSTRAINT "toolsets_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "tools_by_name" ON "tools" USING btree ("toolset_id","name");--> statement-breakpoint
CREATE INDEX "tools_by_workspace" ON "tools" USING btree ("workspace_id","name","id");--> statement-breakpoint
CREATE INDEX "tools_by_source" ON "tools" USING btree ("source_tool_id") WHERE source_tool_id IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "toolsets_by_name" ON "toolsets" USING btree ("workspace_id","name");--> statement-breakpoint
CREATE INDEX "toolsets_by_workspace" ON "toolsets" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "toolsets_by_connection" ON "toolsets" USING btree ("connection_id");--> statement-breakpoint
CREATE UNIQUE INDEX "agent_tokens_by_consumer" ON "agent_tokens" USING btree ("consumer_id") WHERE consumer_id IS NOT NULL;