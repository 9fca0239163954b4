/**
 * schema: the records that are persisted or cross rooms, and the ports between sibling rooms. Zod where a record is
 * read back from disk or from a person; plain readonly types where it only lives in memory.
 */
export * from './audit.js';
export * from './autoperf.js';
export * from './calibration.js';
export * from './dataset.js';
export * from './experiment-record.js';
export * from './experiments.js';
export * from './http-server.js';
export * from './experiment-options.js';
export * from './metrics.js';
export * from './online-demo.js';
export * from './online-experiments.js';
export * from './ports.js';
export * from './project-paths.js';
export * from './project.js';
export * from './roles.js';
export * from './score-columns.js';
export * from './serving.js';
export * from './training-plan.js';
export * from './trial.js';
export * from './number-format.js';
export * from './operations.js';
export * from './progress.js';
export * from './report-model.js';
export * from './data-results.js';
export * from './evolve-result.js';
export * from './model-scores.js';
export * from './results.js';
