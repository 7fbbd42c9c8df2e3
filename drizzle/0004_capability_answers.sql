DROP INDEX "capability_requests_by_workspace";--> statement-breakpoint
ALTER TABLE "capability_requests" ADD COLUMN "answered_by_email" text;--> statement-breakpoint
CREATE INDEX "capability_requests_by_agent" ON "capability_requests" USING btree ("agent_id","answered_at");--> statement-breakpoint
CREATE INDEX "capability_requests_by_workspace" ON "capability_requests" USING btree ("workspace_id","created_at","id");