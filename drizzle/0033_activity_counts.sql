CREATE TABLE "activity_counts" (
	"workspace_id" text NOT NULL,
	"of" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"agent_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"first_seq" bigint NOT NULL,
	"sent" integer NOT NULL,
	"failed" integer NOT NULL,
	"denied" integer NOT NULL,
	"asked" integer NOT NULL,
	"open" integer NOT NULL,
	"bins" smallint[] NOT NULL,
	"counts" integer[] NOT NULL,
	CONSTRAINT "activity_counts_workspace_id_of_at_agent_id_connection_id_pk" PRIMARY KEY("workspace_id","of","at","agent_id","connection_id")
);
--> statement-breakpoint
CREATE TABLE "activity_progress" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"counted_seq" bigint NOT NULL,
	"counted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"filled_from" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "activity_unsettled" (
	"workspace_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"audit_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"agent_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"ended" text NOT NULL,
	"bin" smallint,
	CONSTRAINT "activity_unsettled_workspace_id_seq_pk" PRIMARY KEY("workspace_id","seq")
);
--> statement-breakpoint
CREATE INDEX "activity_counts_by_agent" ON "activity_counts" USING btree ("workspace_id","agent_id","at") WHERE "of" = 'pair';--> statement-breakpoint
CREATE INDEX "activity_counts_by_connection" ON "activity_counts" USING btree ("workspace_id","connection_id","at") WHERE "of" = 'pair';