DROP INDEX "agents_by_workspace";--> statement-breakpoint
DROP INDEX "policies_by_workspace";--> statement-breakpoint
CREATE INDEX "agents_by_workspace" ON "agents" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "policies_by_workspace" ON "policies" USING btree ("workspace_id","created_at","id");