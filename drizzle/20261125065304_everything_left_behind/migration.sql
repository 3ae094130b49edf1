CREATE TABLE "agent_interactions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agent_interactions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"source_file" text,
	"source_file_id" uuid,
	"source_rank" smallint NOT NULL,
	"field_ranks" jsonb,
	"ingest_key" bytea NOT NULL,
	"match_key" bytea,
	"partner_key" bytea,
	"parts" jsonb,
	"raw" jsonb,
	"created_xid" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"dead_xid" xid8,
	"occurred_at_source" text NOT NULL,
	"session_id" text,
	"sequence" bigint,
	"kind" text NOT NULL,
	"operation" text,
	"provider" text,
	"model" text,
	"response_model" text,
	"response_id" text,
	"parent_id" text,
	"agent_id" text,
	"agent_name" text,
	"is_sidechain" boolean,
	"input_tokens" bigint,
	"output_tokens" bigint,
	"total_tokens" bigint,
	"cache_read_tokens" bigint,
	"cache_write_tokens" bigint,
	"cache_write_1h_tokens" bigint,
	"reasoning_tokens" bigint,
	"cost_reported_usd" numeric(20,12),
	"cost_computed_usd" numeric(20,12),
	"price_version" text,
	"duration_ns" bigint,
	"success" boolean,
	"finish_reasons" jsonb,
	"error_type" text,
	"error_message" text,
	"request" text,
	"response" text,
	"thinking" text,
	"permission_mode" text,
	"client_version" text,
	"git_branch" text,
	"working_directory" text,
	"user_id" text,
	"measures" jsonb,
	CONSTRAINT "agent_interactions_occurred_at_finite" CHECK (isfinite("occurred_at"))
);
--> statement-breakpoint
CREATE TABLE "evaluation_tests" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evaluation_tests_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"test_id" text NOT NULL,
	"test_version" text NOT NULL,
	"prompt_order" text NOT NULL,
	"test_title" text,
	"prompt" text,
	"prompt_key" text,
	"expected" text,
	"rubric" text,
	"since" timestamp with time zone NOT NULL,
	"source_file_id" uuid,
	CONSTRAINT "evaluation_tests_project_id_test_id_test_version_unique" UNIQUE("project_id","test_id","test_version")
);
--> statement-breakpoint
CREATE TABLE "performance_metrics" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "performance_metrics_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"source_file" text,
	"source_file_id" uuid,
	"source_rank" smallint NOT NULL,
	"field_ranks" jsonb,
	"ingest_key" bytea NOT NULL,
	"match_key" bytea,
	"partner_key" bytea,
	"parts" jsonb,
	"raw" jsonb,
	"created_xid" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"dead_xid" xid8,
	"occurred_at_source" text NOT NULL,
	"metric" text NOT NULL,
	"value" double precision NOT NULL,
	"unit" text,
	"token_type" text,
	"subject_type" text,
	"subject_id" text,
	"subject_record" bigint,
	"provider" text,
	"model" text,
	"operation" text,
	"error_type" text,
	"session_id" text,
	"test_id" text,
	"success" boolean,
	"attributes" jsonb,
	CONSTRAINT "performance_metrics_occurred_at_finite" CHECK (isfinite("occurred_at"))
);
--> statement-breakpoint
CREATE TABLE "tool_calls" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tool_calls_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" integer NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"source_file" text,
	"source_file_id" uuid,
	"source_rank" smallint NOT NULL,
	"field_ranks" jsonb,
	"ingest_key" bytea NOT NULL,
	"match_key" bytea,
	"partner_key" bytea,
	"parts" jsonb,
	"raw" jsonb,
	"created_xid" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"dead_xid" xid8,
	"occurred_at_source" text NOT NULL,
	"session_id" text,
	"call_id" text,
	"tool_name" text,
	"tool_type" text,
	"mcp_server" text,
	"agent_id" text,
	"is_sidechain" boolean,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"duration_ns" bigint,
	"success" boolean,
	"interrupted" boolean,
	"arguments" jsonb,
	"result" jsonb,
	"arguments_bytes" bigint,
	"result_bytes" bigint,
	"error_message" text,
	CONSTRAINT "tool_calls_occurred_at_finite" CHECK (isfinite("occurred_at"))
);
--> statement-breakpoint
ALTER TABLE "source_files" DROP CONSTRAINT "source_files_project_id_sha256_unique";--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "field_ranks" jsonb;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "match_key" bytea;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "partner_key" bytea;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "parts" jsonb;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "cache_write_1h_tokens" bigint;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "prompt_key" text;--> statement-breakpoint
ALTER TABLE "evaluation_results" ADD COLUMN "rubric" text;--> statement-breakpoint
ALTER TABLE "source_files" ADD CONSTRAINT "source_files_project_id_sha256_format_unique" UNIQUE NULLS NOT DISTINCT("project_id","sha256","format");--> statement-breakpoint
CREATE UNIQUE INDEX "agent_interactions_ingest_key" ON "agent_interactions" ("project_id","ingest_key") WHERE "dead_xid" is null;--> statement-breakpoint
CREATE INDEX "agent_interactions_match_key" ON "agent_interactions" ("project_id","match_key") WHERE "dead_xid" is null and "match_key" is not null;--> statement-breakpoint
CREATE INDEX "agent_interactions_partner_key" ON "agent_interactions" ("project_id","partner_key") WHERE "dead_xid" is null and "partner_key" is not null;--> statement-breakpoint
CREATE INDEX "agent_interactions_by_time" ON "agent_interactions" ("project_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "agent_interactions_by_provider" ON "agent_interactions" ("project_id","provider","occurred_at","id");--> statement-breakpoint
CREATE INDEX "agent_interactions_by_model" ON "agent_interactions" ("project_id","model","occurred_at","id");--> statement-breakpoint
CREATE INDEX "agent_interactions_by_session" ON "agent_interactions" ("project_id","session_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "evaluation_results_match_key" ON "evaluation_results" ("project_id","match_key") WHERE "dead_xid" is null and "match_key" is not null;--> statement-breakpoint
CREATE INDEX "evaluation_results_partner_key" ON "evaluation_results" ("project_id","partner_key") WHERE "dead_xid" is null and "partner_key" is not null;--> statement-breakpoint
CREATE INDEX "evaluation_results_by_prompt" ON "evaluation_results" ("project_id","prompt_key") WHERE "dead_xid" is null and "prompt_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "performance_metrics_ingest_key" ON "performance_metrics" ("project_id","ingest_key") WHERE "dead_xid" is null;--> statement-breakpoint
CREATE INDEX "performance_metrics_match_key" ON "performance_metrics" ("project_id","match_key") WHERE "dead_xid" is null and "match_key" is not null;--> statement-breakpoint
CREATE INDEX "performance_metrics_partner_key" ON "performance_metrics" ("project_id","partner_key") WHERE "dead_xid" is null and "partner_key" is not null;--> statement-breakpoint
CREATE INDEX "performance_metrics_by_time" ON "performance_metrics" ("project_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_metric" ON "performance_metrics" ("project_id","metric","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_provider" ON "performance_metrics" ("project_id","provider","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_model" ON "performance_metrics" ("project_id","model","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_test" ON "performance_metrics" ("project_id","test_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_session" ON "performance_metrics" ("project_id","session_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "performance_metrics_by_subject" ON "performance_metrics" ("subject_type","subject_record") WHERE "dead_xid" is null and "subject_record" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "tool_calls_ingest_key" ON "tool_calls" ("project_id","ingest_key") WHERE "dead_xid" is null;--> statement-breakpoint
CREATE INDEX "tool_calls_match_key" ON "tool_calls" ("project_id","match_key") WHERE "dead_xid" is null and "match_key" is not null;--> statement-breakpoint
CREATE INDEX "tool_calls_partner_key" ON "tool_calls" ("project_id","partner_key") WHERE "dead_xid" is null and "partner_key" is not null;--> statement-breakpoint
CREATE INDEX "tool_calls_by_time" ON "tool_calls" ("project_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "tool_calls_by_session" ON "tool_calls" ("project_id","session_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "tool_calls_by_tool" ON "tool_calls" ("project_id","tool_name","occurred_at","id");--> statement-breakpoint
ALTER TABLE "agent_interactions" ADD CONSTRAINT "agent_interactions_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "agent_interactions" ADD CONSTRAINT "agent_interactions_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "evaluation_tests" ADD CONSTRAINT "evaluation_tests_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "evaluation_tests" ADD CONSTRAINT "evaluation_tests_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "performance_metrics" ADD CONSTRAINT "performance_metrics_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "performance_metrics" ADD CONSTRAINT "performance_metrics_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "tool_calls" ADD CONSTRAINT "tool_calls_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "tool_calls" ADD CONSTRAINT "tool_calls_source_file_id_source_files_id_fkey" FOREIGN KEY ("source_file_id") REFERENCES "source_files"("id");--> statement-breakpoint
ALTER TABLE "source_files" DROP CONSTRAINT "source_files_status_check", ADD CONSTRAINT "source_files_status_check" CHECK ("status" in ('reading', 'ingested', 'partial', 'quarantined'));--> statement-breakpoint
UPDATE "evaluation_results" SET "source_rank" = "source_rank" * 1000, "raw" = jsonb_build_object(case when "run" like 'nano-agent-report:%' then 'report' else 'response' end, "raw");
