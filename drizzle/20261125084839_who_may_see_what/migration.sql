CREATE TABLE "members" (
	"id" uuid PRIMARY KEY,
	"project_id" integer NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"role_source" text NOT NULL,
	CONSTRAINT "members_project_id_issuer_subject_unique" UNIQUE("project_id","issuer","subject"),
	CONSTRAINT "members_role_source_check" CHECK ("role_source" in ('assigned', 'claims'))
);
--> statement-breakpoint
CREATE TABLE "principals" (
	"id" uuid PRIMARY KEY,
	"project_id" integer NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"scopes" text[],
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "principals_kind_check" CHECK ("kind" in ('key', 'member')),
	CONSTRAINT "principals_role_check" CHECK ("role" in ('reader', 'analyst', 'steward', 'auditor', 'ingestor', 'admin', 'operator'))
);
--> statement-breakpoint
INSERT INTO "principals" ("id", "project_id", "kind", "name", "role", "created_at", "revoked_at")
SELECT "id", "project_id", 'key', "name",
	-- Every key could manage those of all projects; from now on only the oldest good one can.
	CASE WHEN "id" = (SELECT "id" FROM "api_keys" WHERE "revoked_at" IS NULL ORDER BY "id" LIMIT 1) THEN 'operator' ELSE "role" END,
	"created_at", "revoked_at"
FROM "api_keys";
--> statement-breakpoint
UPDATE "export_jobs" SET "plan" = "plan" || jsonb_build_object(
	'columns', (SELECT jsonb_agg("each" || '{"privacy": "redact"}' ORDER BY "place") FROM jsonb_array_elements("plan" -> 'columns') WITH ORDINALITY AS "columns" ("each", "place")),
	'privacy', '{"personalData": "redact", "pseudonymScope": "project", "keyVersion": 1}'::jsonb
);
--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_project_id_projects_id_fkey";--> statement-breakpoint
ALTER TABLE "export_jobs" DROP CONSTRAINT "export_jobs_requested_by_api_keys_id_fkey";--> statement-breakpoint
ALTER TABLE "evaluation_results" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "export_jobs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "ingest_rejects" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "source_files" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "agent_interactions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "evaluation_tests" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "performance_metrics" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "tool_calls" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_role_check";--> statement-breakpoint
DROP INDEX "api_keys_project_id_index";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaced_by" uuid;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "export_jobs" ADD COLUMN "redactions" jsonb;--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "project_id";--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "name";--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "role";--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "created_at";--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "revoked_at";--> statement-breakpoint
CREATE INDEX "members_issuer_subject_index" ON "members" ("issuer","subject");--> statement-breakpoint
CREATE INDEX "principals_project_id_index" ON "principals" ("project_id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_id_principals_id_fkey" FOREIGN KEY ("id") REFERENCES "principals"("id");--> statement-breakpoint
ALTER TABLE "export_jobs" ADD CONSTRAINT "export_jobs_requested_by_principals_id_fkey" FOREIGN KEY ("requested_by") REFERENCES "principals"("id");--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_id_principals_id_fkey" FOREIGN KEY ("id") REFERENCES "principals"("id");--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
ALTER TABLE "principals" ADD CONSTRAINT "principals_project_id_projects_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id");--> statement-breakpoint
CREATE POLICY "of_the_project" ON "agent_interactions" AS PERMISSIVE FOR ALL TO public USING ("agent_interactions"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("agent_interactions"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "evaluation_results" AS PERMISSIVE FOR ALL TO public USING ("evaluation_results"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("evaluation_results"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "evaluation_tests" AS PERMISSIVE FOR ALL TO public USING ("evaluation_tests"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("evaluation_tests"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "export_jobs" AS PERMISSIVE FOR ALL TO public USING ("export_jobs"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("export_jobs"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "ingest_rejects" AS PERMISSIVE FOR ALL TO public USING ("ingest_rejects"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("ingest_rejects"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "performance_metrics" AS PERMISSIVE FOR ALL TO public USING ("performance_metrics"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("performance_metrics"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "source_files" AS PERMISSIVE FOR ALL TO public USING ("source_files"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("source_files"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));--> statement-breakpoint
CREATE POLICY "of_the_project" ON "tool_calls" AS PERMISSIVE FOR ALL TO public USING ("tool_calls"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer)) WITH CHECK ("tool_calls"."project_id" = (select nullif(current_setting('evalport.project', true), '')::integer));