export { apiKeys, projects } from './accounts.ts'
export { evaluationResults } from './evaluation-results.ts'
export { exportJobs } from './export-jobs.ts'
export { ingestRejects, sourceFiles } from './source-files.ts'
