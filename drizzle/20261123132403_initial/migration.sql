CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY,
	"project_id" integer NOT NULL,
	"prefix" text NOT NULL UNIQUE,
	"secret_sha256" bytea NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_role_check" CHECK ("role" in ('admin'))
);
--> statement-breakpoint
CREATE TABLE "evaluation_results" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evaluation_results_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"occurred_at_source" text NOT NULL,
	"run" text NOT NULL,
	"framework" text NOT NULL,
	"suite" text,
	"test_id" text,
	"test_title" text,
	"test_version" text,
	"sample_id" text,
	"attempt" integer,
	"prompt_order" text,
	"provider" text,
	"model" text NOT NULL,
	"model_as_written" text,
	"response_model" text,
	"agent" text,
	"session_id" text,
	"success" boolean,
	"success_source" text,
	"score" double precision,
	"grade_performance" text,
	"grade_speed" text,
	"grade_cost" text,
	"grade_overall" text,
	"scores" jsonb,
	"rank" integer,
	"duration_ns" bigint,
	"input_tokens" bigint,
	"output_tokens" bigint,
	"total_tokens" bigint,
	"cache_read_tokens" bigint,
	"cache_write_tokens" bigint,
	"reasoning_tokens" bigint,
	"request_count" integer,
	"turn_count" integer,
	"tool_call_count" integer,
	"cost_reported_usd" numeric(20,12),
	"cost_computed_usd" numeric(20,12),
	"price_version" text,
	"error_type" text,
	"error_message" text,
	"prompt" text,
	"response" text,
	"expected" text,
	"source_file" text,
	"source_file_id" uuid,
	"source_rank" smallint NOT NULL,
	"ingest_key" bytea NOT NULL,
	"raw" jsonb,
	"created_xid" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"dead_xid" xid8,
	CONSTRAINT "evaluation_results_occurred_at_finite" CHECK (isfinite("occurred_at"))
);
--> statement-breakpoint
CREATE TABLE "export_jobs" (
	"id" uuid PRIMARY KEY,
	"project_id" integer NOT NULL,
	"requested_by" uuid NOT NULL,
	"spec" jsonb NOT NULL,
	"plan" jsonb NOT NULL,
	"snapshot" pg_snapshot NOT NULL,
	"status" text NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"losses" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"version" bigint DEFAULT 1 NOT NULL,
	"phase" text,
	"rows_total" bigint,
	"rows_total_exact" boolean,
	"rows_written" bigint DEFAULT 0 NOT NULL,
	"bytes_written" bigint DEFAULT 0 NOT NULL,
	"counts" jsonb,
	"artifact_key" text,
	"sha256" text,
	"failure" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "export_jobs_status_check" CHECK ("status" in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')),
	CONSTRAINT "export_jobs_succeeded_whole" CHECK ("status" <> 'SUCCEEDED' or ("sha256" is not null and "artifact_key" is not null))
);
--> statement-breakpoint
CREATE TABLE "ingest_rejects" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ingest_rejects_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"source_file_id" uuid NOT NULL,
	"line" integer,
	"item" integer,
	"reason" text NOT NULL,
	"excerpt" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "projects_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL UNIQUE,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_name_check" CHECK ("name" ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);
--> statement-breakpoint
CREATE TABLE "source_files" (
	"id" uuid PRIMARY KEY,
	"project_id" integer NOT NULL,
	"sha256" bytea NOT NULL,
	"bytes" bigint NOT NULL,
	"path" text NOT NULL,
	"format" text,
	"status" text NOT NULL,
	"records" integer NOT NULL,
	"rejects" integer NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "source_files_project_id_sha256_unique" UNIQUE("project_id","sha256"),
	CONSTRAINT "source_files_status_check" CHECK ("status" in ('ingested', 'partial', 'quarantined'))
);
--> statement-breakpoint
CREATE INDEX "api_keys_project_id_index" ON "api_keys" ("project_id");--> statement-breakpoint
CREATE UNIQUE INDEX "evaluation_results_ingest_key" ON "evaluation_results" ("project_id","ingest_key") WHERE "dead_xid" is null;--> statement-breakpoint
CREATE INDEX "evaluation_results_by_time" ON "evaluation_results" ("project_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "evaluation_results_by_provider" ON "evaluation_results" ("project_id","provider","occurred_at","id");--> statement-breakpoint
CREATE INDEX "evaluation_results_by_model" ON "evaluation_results" ("project_id","model","occurred_at","id");--> statement-breakpoint
CREATE INDEX "evaluation_results_by_test" ON "evaluation_results" ("project_id","test_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "evaluation_results_by_session" ON "evaluation_results" ("project_id","session_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "export_jobs_by_project" ON "export_jobs" ("project_id","id");--> statement-breakpoint
CREATE INDEX "export_jobs_waiting" ON "export_jobs" ("created_at") WHERE "status" in ('QUEUED', 'RUNNING');--> statement-breakpoint
CREATE INDEX "ingest_rejects_source_file_id_index" ON "ingest_rejects" ("source_file_id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD CONSTRAINT "evaluation_results_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD CONSTRAINT "evaluation_results_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "export_jobs" ADD CONSTRAINT "export_jobs_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "export_jobs" ADD CONSTRAINT "export_jobs_requested_by_api_keys_id_fkey" FOREIGN KEY ("requested_by") REFERENCES "api_keys"("id");--> statement-breakpoint
ALTER TABLE "ingest_rejects" ADD CONSTRAINT "ingest_rejects_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "ingest_rejects" ADD CONSTRAINT "ingest_rejects_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "source_files" ADD CONSTRAINT "source_files_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");