CREATE TABLE "audit_checkpoints" (
	"workspace_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"count" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"mac" "bytea" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"signature" "bytea" NOT NULL,
	CONSTRAINT "audit_checkpoints_workspace_id_seq_pk" PRIMARY KEY("workspace_id","seq")
);
--> statement-breakpoint
CREATE TABLE "audit_heads" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"mac" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_open" (
	"audit_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"deadline" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_records" (
	"workspace_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"audit_id" text NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"agent_id" text,
	"connection_id" text,
	"decision" text,
	"entry" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"mac" "bytea" NOT NULL,
	CONSTRAINT "audit_records_workspace_id_seq_pk" PRIMARY KEY("workspace_id","seq")
);
--> statement-breakpoint
CREATE TABLE "limit_leases" (
	"audit_id" text PRIMARY KEY NOT NULL,
	"policy_id" text NOT NULL,
	"expires_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "limit_windows" (
	"policy_id" text NOT NULL,
	"name" text NOT NULL,
	"spent" bigint[] NOT NULL,
	CONSTRAINT "limit_windows_policy_id_name_pk" PRIMARY KEY("policy_id","name")
);
--> statement-breakpoint
CREATE TABLE "agent_tokens" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"public_key" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "assertion_uses" (
	"agent_id" text NOT NULL,
	"jti_hash" "bytea" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "assertion_uses_agent_id_jti_hash_pk" PRIMARY KEY("agent_id","jti_hash")
);
--> statement-breakpoint
CREATE TABLE "bootstrap_codes" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "capability_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"action_template_id" text NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"provider" text NOT NULL,
	"service" text NOT NULL,
	"label" text NOT NULL,
	"status" text NOT NULL,
	"singleton" boolean NOT NULL,
	"granted_scopes" text[] NOT NULL,
	"origins" text[] NOT NULL,
	"request_headers" text[] NOT NULL,
	"response_headers" text[] NOT NULL,
	"allow_encoded_slash" boolean NOT NULL,
	"test_url" text,
	"credential_kind" text NOT NULL,
	"credential_hint" text NOT NULL,
	"sealed" "bytea",
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" smallint PRIMARY KEY NOT NULL,
	"key_check" "bytea" NOT NULL,
	"setup_token_hash" "bytea",
	"set_up_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "owner_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "owner_tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "owners" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "owners_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"document" jsonb NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "policies_one_per_agent_and_connection" UNIQUE("agent_id","connection_id")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"authenticated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_attempts" (
	"key" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"blocked_until" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workspace_keys" (
	"workspace_id" text NOT NULL,
	"version" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workspace_keys_workspace_id_version_pk" PRIMARY KEY("workspace_id","version")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "limit_leases" ADD CONSTRAINT "limit_leases_policy_id_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "limit_windows" ADD CONSTRAINT "limit_windows_policy_id_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_tokens" ADD CONSTRAINT "agent_tokens_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assertion_uses" ADD CONSTRAINT "assertion_uses_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bootstrap_codes" ADD CONSTRAINT "bootstrap_codes_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capability_requests" ADD CONSTRAINT "capability_requests_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capability_requests" ADD CONSTRAINT "capability_requests_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "owner_tokens" ADD CONSTRAINT "owner_tokens_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "owners" ADD CONSTRAINT "owners_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_keys" ADD CONSTRAINT "workspace_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_open_by_deadline" ON "audit_open" USING btree ("deadline");--> statement-breakpoint
CREATE INDEX "audit_records_by_id" ON "audit_records" USING btree ("audit_id") WHERE kind = 'outcome';--> statement-breakpoint
CREATE INDEX "audit_records_by_agent" ON "audit_records" USING btree ("workspace_id","agent_id","seq") WHERE kind <> 'outcome';--> statement-breakpoint
CREATE INDEX "audit_records_by_connection" ON "audit_records" USING btree ("workspace_id","connection_id","seq") WHERE kind <> 'outcome';--> statement-breakpoint
CREATE INDEX "audit_records_by_decision" ON "audit_records" USING btree ("workspace_id","decision","seq") WHERE kind <> 'outcome';--> statement-breakpoint
CREATE INDEX "audit_records_by_time" ON "audit_records" USING btree ("workspace_id","at") WHERE kind <> 'outcome';--> statement-breakpoint
CREATE INDEX "limit_leases_by_policy" ON "limit_leases" USING btree ("policy_id");--> statement-breakpoint
CREATE INDEX "agent_tokens_by_agent" ON "agent_tokens" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "agent_tokens_by_expiry" ON "agent_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "agents_by_workspace" ON "agents" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "assertion_uses_by_expiry" ON "assertion_uses" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "bootstrap_codes_by_agent" ON "bootstrap_codes" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "capability_requests_by_workspace" ON "capability_requests" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "capability_requests_one_pending" ON "capability_requests" USING btree ("agent_id","action_template_id") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "connections_by_workspace" ON "connections" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "connections_one_of_a_singleton" ON "connections" USING btree ("workspace_id","service") WHERE singleton AND status <> 'revoked';--> statement-breakpoint
CREATE INDEX "owner_tokens_by_owner" ON "owner_tokens" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "owners_by_workspace" ON "owners" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "policies_by_workspace" ON "policies" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "policies_by_connection" ON "policies" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "sessions_by_owner" ON "sessions" USING btree ("owner_id");