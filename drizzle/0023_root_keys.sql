CREATE TABLE "installation_secrets" (
	"purpose" text NOT NULL,
	"version" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installation_secrets_purpose_version_pk" PRIMARY KEY("purpose","version")
);
--> statement-breakpoint
CREATE TABLE "root_keys" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"key_check" "bytea" NOT NULL,
	"ciphertext" "bytea",
	"kms" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "running_vaults" (
	"id" text PRIMARY KEY NOT NULL,
	"root_key_ids" text[] NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
