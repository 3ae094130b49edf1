DROP INDEX "export_jobs_waiting";--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "queued_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "claimed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "heartbeat_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "advanced_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "rows_per_second" double precision;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "export_jobs_unfinished" ON "export_jobs" ("queued_at") WHERE "status" in ('QUEUED', 'RUNNING', 'CANCELLING');--> statement-breakpoint
CREATE INDEX "export_jobs_by_expiry" ON "export_jobs" ("expires_at") WHERE "status" = 'SUCCEEDED';--> statement-breakpoint
CREATE INDEX "export_jobs_parts_kept" ON "export_jobs" ("finished_at") WHERE "status" = 'FAILED' and "parts_done" > 0;--> statement-breakpoint
CREATE INDEX "export_jobs_project_claims" ON "export_jobs" ("project_id","claimed_at");--> statement-breakpoint
CREATE INDEX "export_jobs_caller_claims" ON "export_jobs" ("requested_by","claimed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "export_jobs_idempotency_key" ON "export_jobs" ("requested_by","idempotency_key") WHERE "idempotency_key" is not null;--> statement-breakpoint
ALTER TABLE "export_jobs" DROP CONSTRAINT "export_jobs_status_check", ADD CONSTRAINT "export_jobs_status_check" CHECK ("status" in ('QUEUED', 'RUNNING', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'));--> statement-breakpoint
UPDATE "export_jobs" SET "expires_at" = now() + interval '7 days' WHERE "status" = 'SUCCEEDED';
