CREATE TABLE "removed_people" (
	"workspace_id" text NOT NULL,
	"email" text NOT NULL,
	"oidc_issuer" text,
	"oidc_subject" text,
	"removed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "removed_people_workspace_id_email_pk" PRIMARY KEY("workspace_id","email")
);
--> statement-breakpoint
CREATE TABLE "sign_in_flows" (
	"state_hash" "bytea" PRIMARY KEY NOT NULL,
	"browser_hash" "bytea" NOT NULL,
	"workspace_id" text NOT NULL,
	"settings_version" integer NOT NULL,
	"owner_id" text,
	"session_hash" "bytea",
	"return_to" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "single_sign_on" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"sealed" "bytea" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "owners" ALTER COLUMN "password_hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "oidc_issuer" text;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "oidc_subject" text;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "role_given_by" text DEFAULT 'person' NOT NULL;--> statement-breakpoint
ALTER TABLE "removed_people" ADD CONSTRAINT "removed_people_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_flows" ADD CONSTRAINT "sign_in_flows_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_flows" ADD CONSTRAINT "sign_in_flows_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "single_sign_on" ADD CONSTRAINT "single_sign_on_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "removed_people_by_identity" ON "removed_people" USING btree ("workspace_id","oidc_issuer","oidc_subject");--> statement-breakpoint
CREATE INDEX "sign_in_flows_by_expiry" ON "sign_in_flows" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "owners" ADD CONSTRAINT "owners_one_per_identity" UNIQUE("workspace_id","oidc_issuer","oidc_subject");