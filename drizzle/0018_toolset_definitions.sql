CREATE TABLE "toolset_definitions" (
	"toolset_id" text NOT NULL,
	"digest" text NOT NULL,
	"definition" json NOT NULL,
	CONSTRAINT "toolset_definitions_toolset_id_digest_pk" PRIMARY KEY("toolset_id","digest")
);
--> statement-breakpoint
ALTER TABLE "tools" ADD COLUMN "definition_digest" text;--> statement-breakpoint
ALTER TABLE "toolset_definitions" ADD CONSTRAINT "toolset_definitions_toolset_id_toolsets_id_fk" FOREIGN KEY ("toolset_id") REFERENCES "public"."toolsets"("id") ON DELETE cascade ON UPDATE no action;