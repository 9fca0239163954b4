import type { RegisterCommand } from '../command.js';
import { registerAudit } from './audit.js';
import { registerCalibrate } from './calibrate.js';
import { registerDemo } from './demo.js';
import { registerDoctor } from './doctor.js';
import { registerEvaluate } from './evaluate.js';
import { registerEvolve } from './evolve.js';
import { registerExperiment } from './experiment.js';
import { registerInit } from './init.js';
import { registerPlanServing } from './plan-serving.js';
import { registerPlanTraining } from './plan-training.js';
import { registerPredict } from './predict.js';
import { registerProfile } from './profile.js';
import { registerReport } from './report.js';
import { registerSalvage } from './salvage.js';
import { registerServe } from './serve.js';
import { registerStart } from './start.js';
import { registerTrain } from './train.js';
import { registerWorld } from './world.js';

/** Every command, in the order of the help. */
export const commands: readonly RegisterCommand[] = [
  registerStart,
  registerInit,
  registerProfile,
  registerAudit,
  registerTrain,
  registerPlanTraining,
  registerPredict,
  registerEvaluate,
  registerCalibrate,
  registerEvolve,
  registerReport,
  registerSalvage,
  registerServe,
  registerPlanServing,
  registerExperiment,
  registerWorld,
  registerDemo,
  registerDoctor,
];
