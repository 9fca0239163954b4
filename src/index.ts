/**
 * The library: the operations behind the command line, and the records that they speak in. Every operation works on one
 * project folder and resolves with the same object that its command prints under `--json`.
 *
 * @example
 * import { operations, quietIo } from 'automodel';
 *
 * const io = quietIo();
 * const result = await operations.train(
 *   { projectDir, model: 'deepfm', seeds: 3, seed: 1, hyperParameters: {}, tune: 0, test: false },
 *   io,
 * );
 */
import { renderReport } from './report/index.js';
import type { OperationIo } from './schema/index.js';

export { operations } from './agents/index.js';
export { HttpRecommender, startServer, type ConnectionOptions } from './http/index.js';
export { doctor } from './execution/index.js';
export { AutoModelError, exitCodeOf, isAutoModelError, type ErrorCode } from './platform/index.js';
export type * from './schema/index.js';
/** Zod schemas of what `--json` prints: the envelope, and the result of each command (also by name in `commandResults`). */
export {
  AuditResult,
  CalibrateResult,
  CommandEnvelope,
  commandResults,
  CounterfactualResult,
  DemoOnlineResult,
  DoctorResult,
  EvaluateResult,
  EvolveResult,
  ExperimentAnalyzeResult,
  ExperimentChangeResult,
  ExperimentPlanResult,
  ExperimentRampResult,
  ExperimentStartResult,
  ExperimentStatusResult,
  InitResult,
  PlanServingResult,
  PlanTrainingResult,
  PredictResult,
  ProfileResult,
  ReportResult,
  SalvageResult,
  ServeResult,
  StartResult,
  TrainResult,
  Warning,
  WorldResult,
} from './schema/index.js';

/** An io that says nothing and answers no questions; pass an AbortSignal to be able to stop. */
export function quietIo(signal: AbortSignal = new AbortController().signal): OperationIo {
  return {
    onProgress: () => {},
    warn: () => {},
    signal,
    ask: undefined,
    renderReport: async (model) => renderReport(model),
  };
}
