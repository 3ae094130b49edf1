CREATE TABLE "instants" (
	"at" timestamp with time zone PRIMARY KEY DEFAULT now(),
	"over_before" xid8 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "installation" ADD COLUMN "purged_before" xid8 DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "installation" ADD COLUMN "restored_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "agent_interactions_dead" ON "agent_interactions" ("dead_xid") WHERE "dead_xid" is not null;--> statement-breakpoint
CREATE INDEX "evaluation_results_dead" ON "evaluation_results" ("dead_xid") WHERE "dead_xid" is not null;--> statement-breakpoint
CREATE INDEX "performance_metrics_dead" ON "performance_metrics" ("dead_xid") WHERE "dead_xid" is not null;--> statement-breakpoint
CREATE INDEX "tool_calls_dead" ON "tool_calls" ("dead_xid") WHERE "dead_xid" is not null;