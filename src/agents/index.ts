/**
 * agents: the loop. Brainstorm, trial, verdict and memory for models and recipes, over the engines below; here, and only
 * here, search meets models. Faces call `operations`.
 */
import type { Operations } from '../schema/index.js';
import { analyzeExperiment } from './operations/analyze-experiment.js';
import { analyzeRunningExperiment } from './operations/analyze-running-experiment.js';
import { audit } from './operations/audit.js';
import { calibrate } from './operations/calibrate.js';
import { estimatePolicyValue } from './operations/estimate-policy-value.js';
import { demoOnline } from './operations/demo-online.js';
import { evaluate } from './operations/evaluate.js';
import { evolve } from './operations/evolve.js';
import { experimentStatus } from './operations/experiment-status.js';
import { init } from './operations/init.js';
import { planExperiment } from './operations/plan-experiment.js';
import { planServing } from './operations/plan-serving.js';
import { planTraining } from './operations/plan-training.js';
import { predict } from './operations/predict.js';
import { profile } from './operations/profile.js';
import { rampExperiment } from './operations/ramp-experiment.js';
import { report } from './operations/report.js';
import { salvage } from './operations/salvage.js';
import { serve } from './operations/serve.js';
import { simulateGate } from './operations/simulate-gate.js';
import { startExperiment } from './operations/start-experiment.js';
import { stopExperiment } from './operations/stop-experiment.js';
import { train } from './operations/train.js';
import { world } from './operations/world.js';

export const operations: Operations = {
  init,
  profile,
  audit,
  train,
  predict,
  evaluate,
  evolve,
  calibrate,
  simulateGate,
  report,
  salvage,
  generateWorld: world,
  serve,
  planServing,
  planTraining,
  demoOnline,
  analyzeExperiment,
  planExperiment,
  startExperiment,
  experimentStatus,
  stopExperiment,
  rampExperiment,
  analyzeRunningExperiment,
  estimatePolicyValue,
};
export { canonicalRun } from './loop/run-journal.js';
export {
  openOnlineService,
  servingFolder,
  type OnlineServiceOptions,
} from './serving/open-online-service.js';
export type {
  AssignVariants,
  Assignment,
  DeployableService,
  Deployment,
} from './serving/deployable-service.js';
export { exportTrainingLog, type ExportedLog, type ExportOptions } from './serving/export-training-log.js';
