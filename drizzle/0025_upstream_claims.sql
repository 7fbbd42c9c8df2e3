CREATE UNLOGGED TABLE "replica_answers" (
	"call_id" text NOT NULL,
	"seq" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "replica_answers_call_id_seq_pk" PRIMARY KEY("call_id","seq")
);
--> statement-breakpoint
CREATE UNLOGGED TABLE "replica_calls" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"server_id" text NOT NULL,
	"to_replica" text NOT NULL,
	"from_replica" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"taken_at" timestamp (3) with time zone,
	"deadline_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "upstream_claims" (
	"server_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"replica_id" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "replica_answers" ADD CONSTRAINT "replica_answers_call_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."replica_calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_claims" ADD CONSTRAINT "upstream_claims_server_id_mcp_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."mcp_servers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_claims" ADD CONSTRAINT "upstream_claims_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "replica_calls_by_replica" ON "replica_calls" USING btree ("to_replica");--> statement-breakpoint
CREATE INDEX "replica_calls_by_deadline" ON "replica_calls" USING btree ("deadline_at");--> statement-breakpoint
CREATE INDEX "upstream_claims_by_replica" ON "upstream_claims" USING btree ("replica_id");