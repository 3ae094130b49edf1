import type { Sql } from 'postgres'

/**
 * Fills a project with so many generated results, the same ones for the same number: nine models, some forty tests,
 * failures, unknown figures, and a long answer now and then.
 */
export async function insertGeneratedRows(sql: Sql, projectId: number, rows: number): Promise<void> {
  await sql`
    insert into evaluation_results (
      project_id, occurred_at, occurred_at_source, run, framework, suite, test_id, test_title, attempt, prompt_order,
      provider, model, model_as_written, agent, session_id, success, success_source, score, grade_performance, grade_speed,
      grade_cost, grade_overall, scores, rank, duration_ns, input_tokens, output_tokens, total_tokens, request_count,
      cost_reported_usd, error_type, error_message, prompt, response, source_file, source_rank, ingest_key
    )
    select
      ${projectId}::int,
      timestamptz '2026-01-01T00:00:00Z' + i * interval '1.234567 seconds',
      'event',
      'run-' || i / 900,
      'generated',
      'suite-' || i % 5,
      'lop_eval_' || i % 40 || '__generated_test',
      'Generated test no. ' || i % 40 || ', "quoted"',
      i % 3,
      'LOP',
      (array['openai', 'openai', 'openai', 'anthropic', 'anthropic', 'anthropic', 'anthropic', 'ollama', 'ollama'])[1 + i % 9],
      (array['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'claude-opus-4-1', 'claude-opus-4', 'claude-sonnet-4', 'claude-3-haiku',
        'gpt-oss:20b', 'gpt-oss:120b'])[1 + i % 9],
      'model as written',
      'nano-agent-' || i % 9,
      md5(i::text)::uuid,
      i % 17 <> 0,
      'reported',
      case when i % 4 = 0 then null else (i::bigint * 7919 % 1000) / 1000.0 end,
      substr('SABCDEF', 1 + i % 7, 1),
      substr('SABCDEF', 1 + i * 3 % 7, 1),
      substr('SABCDEF', 1 + i * 5 % 7, 1),
      substr('SABCDEF', 1 + i * 2 % 7, 1),
      case when i % 10 = 0 then jsonb_build_object('brevity', i % 100, 'note', 'a "quoted" note') end,
      1 + i % 9,
      i::bigint * 1234567 % 400000000000,
      i * 31 % 20000,
      i * 17 % 4000,
      i * 31 % 20000 + i * 17 % 4000,
      1 + i % 20,
      (i * 7 % 200000) / 1000000.0,
      case when i % 17 = 0 then 'MaxTurnsExceeded' end,
      case when i % 17 = 0 then 'Max turns (20) exceeded' end,
      'Do the task no. ' || i % 40,
      repeat('An answer. ', 1 + i % 30),
      'generated.json',
      1,
      sha256(('generated ' || i)::bytea)
    from generate_series(1, ${rows}::int) i`
  await sql`analyze evaluation_results`
}
