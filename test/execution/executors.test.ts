import { createInlineExecutor, createProcessExecutor, type TrialHandler } from '../../src/execution/index.js';
import { describeExecutor } from './executor-conformance.js';
import { handle } from './fixtures/handler.mjs';
import { fixture } from './trial-request.js';

describeExecutor('inline', () => createInlineExecutor(handle as TrialHandler));
describeExecutor('process', () =>
  createProcessExecutor({ entry: fixture('worker.mjs'), workers: 2, heartbeatMs: 50, cancelGraceMs: 100 }),
);
