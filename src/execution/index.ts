/**
 * execution: trials in worker processes. Starts them, limits their time and memory, kills whole process trees, and gives
 * exactly one outcome per request. A worker sees a scrubbed environment and dies with the engine.
 */
export { createProcessExecutor, type ProcessExecutorOptions } from './process-executor.js';
export { createInlineExecutor, type TrialHandler } from './inline-executor.js';
export { HeldProcess, type HeldProcessOptions } from './held-process.js';
export { runInProcess, type RunInProcessOptions } from './run-in-process.js';
export { serveRequests, serveTrials, type ServeContext } from './serve.js';
export { trialKey } from './trial-key.js';
export { doctor, runDoctor, type DoctorOptions, type DoctorReport } from './doctor.js';
