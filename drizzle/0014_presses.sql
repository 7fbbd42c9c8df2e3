CREATE TABLE "notification_presses" (
	"channel_id" text NOT NULL,
	"use_hash" "bytea" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "notification_presses_channel_id_use_hash_pk" PRIMARY KEY("channel_id","use_hash")
);
--> statement-breakpoint
ALTER TABLE "notification_presses" ADD CONSTRAINT "notification_presses_channel_id_notification_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."notification_channels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notification_presses_by_expiry" ON "notification_presses" USING btree ("expires_at");