CREATE TABLE "audit_retention" (
	"id" integer PRIMARY KEY NOT NULL,
	"days" integer,
	CONSTRAINT "audit_retention_one_row" CHECK ("audit_retention"."id" = 1),
	CONSTRAINT "audit_retention_floor" CHECK ("audit_retention"."days" >= 30)
);
--> statement-breakpoint
CREATE TABLE "audit_starts" (
	"workspace_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"mac" "bytea" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"signature" "bytea" NOT NULL,
	CONSTRAINT "audit_starts_workspace_id_pk" PRIMARY KEY("workspace_id")
);
--> statement-breakpoint
CREATE TABLE "audit_streams" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"kind" text NOT NULL,
	"label" text NOT NULL,
	"sends" text[] NOT NULL,
	"format" text NOT NULL,
	"enabled" boolean NOT NULL,
	"sealed" "bytea" NOT NULL,
	"version" integer NOT NULL,
	"last_seq" bigint NOT NULL,
	"last_checkpoint_seq" bigint NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"last_delivered_at" timestamp (3) with time zone,
	"tested_at" timestamp (3) with time zone,
	"leased_by" text,
	"leased_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit_streams" ADD CONSTRAINT "audit_streams_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_streams_by_workspace" ON "audit_streams" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "audit_streams_due" ON "audit_streams" USING btree ("next_attempt_at") WHERE enabled;