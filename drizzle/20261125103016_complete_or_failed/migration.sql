CREATE TABLE "export_parts" (
	"job_id" uuid,
	"part" integer,
	"attempt" integer NOT NULL,
	"rows" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" bytea NOT NULL,
	"first_id" bigint,
	"last_time" text,
	"last_id" bigint,
	"id_sum" numeric NOT NULL,
	"id_xor" bigint NOT NULL,
	"counts" jsonb NOT NULL,
	"redactions" jsonb NOT NULL,
	CONSTRAINT "export_parts_pkey" PRIMARY KEY("job_id","part")
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"the_one" boolean PRIMARY KEY DEFAULT true,
	"system_identifier" text NOT NULL,
	CONSTRAINT "installation_the_one" CHECK ("the_one")
);
--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "parts_done" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "parts_maker" text;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "proof" jsonb;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "keys" jsonb;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "told_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "withdrawn" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "export_parts" ADD CONSTRAINT "export_parts_job_id_export_jobs_id_fkey" FOREIGN KEY ("job_id") REFERENCES "export_jobs"("id") ON DELETE CASCADE;--> statement-breakpoint
UPDATE "export_jobs" SET "plan" = "plan" || '{"partBytes": 8388608}';
