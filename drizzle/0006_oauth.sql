CREATE TABLE "connect_flows" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"method" text NOT NULL,
	"status" text NOT NULL,
	"session_hash" "bytea",
	"state_hash" "bytea",
	"sealed" "bytea",
	"version" integer NOT NULL,
	"service" text NOT NULL,
	"provider" text NOT NULL,
	"label" text NOT NULL,
	"oauth_app_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"draft" jsonb,
	"connection_id" text,
	"user_code" text,
	"verification_uri" text,
	"verification_uri_complete" text,
	"poll_after" timestamp (3) with time zone,
	"poll_seconds" integer,
	"problem" jsonb,
	"return_to" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "connect_flows_state_hash_unique" UNIQUE("state_hash")
);
--> statement-breakpoint
CREATE TABLE "connection_tokens" (
	"connection_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"version" integer NOT NULL,
	"has_refresh_token" boolean NOT NULL,
	"access_expires_at" timestamp (3) with time zone,
	"renewed_at" timestamp (3) with time zone NOT NULL,
	"leased_by" text,
	"leased_until" timestamp (3) with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"failed_at" timestamp (3) with time zone,
	"failure" text,
	"failure_message" text,
	"next_attempt_at" timestamp (3) with time zone,
	"keep_alive_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "oauth_apps" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"provider" text NOT NULL,
	"name" text NOT NULL,
	"client_id" text NOT NULL,
	"client_authentication" text NOT NULL,
	"secret_hint" text NOT NULL,
	"issuer" text,
	"authorization_endpoint" text,
	"token_endpoint" text,
	"revocation_endpoint" text,
	"device_authorization_endpoint" text,
	"parameters" jsonb NOT NULL,
	"sealed" "bytea" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "oauth_apps_one_per_provider" UNIQUE("workspace_id","provider")
);
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "status_reason" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "requested_scopes" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "oauth_app_id" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "account" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "account_subject" text;--> statement-breakpoint
ALTER TABLE "connect_flows" ADD CONSTRAINT "connect_flows_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connect_flows" ADD CONSTRAINT "connect_flows_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connect_flows" ADD CONSTRAINT "connect_flows_oauth_app_id_oauth_apps_id_fk" FOREIGN KEY ("oauth_app_id") REFERENCES "public"."oauth_apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connect_flows" ADD CONSTRAINT "connect_flows_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_tokens" ADD CONSTRAINT "connection_tokens_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_tokens" ADD CONSTRAINT "connection_tokens_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_apps" ADD CONSTRAINT "oauth_apps_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "connect_flows_by_owner" ON "connect_flows" USING btree ("owner_id","created_at");--> statement-breakpoint
CREATE INDEX "connect_flows_by_expiry" ON "connect_flows" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "connection_tokens_to_keep_alive" ON "connection_tokens" USING btree ("keep_alive_at") WHERE keep_alive_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "oauth_apps_by_workspace" ON "oauth_apps" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "connections_by_oauth_app" ON "connections" USING btree ("oauth_app_id");