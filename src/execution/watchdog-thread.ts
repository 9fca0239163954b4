import { workerData } from 'node:worker_threads';
import { killProcessTree } from './process-tree.js';

/**
 * Runs as a thread inside a worker process, where a busy main thread cannot hold it up: when the engine is gone (the
 * parent process id changes), it takes the worker and all that the worker started with it.
 */
const { enginePid, brand, pollMs } = workerData as { enginePid: number; brand: string; pollMs: number };

setInterval(() => {
  if (process.ppid !== enginePid) killProcessTree(process.pid, brand);
}, pollMs);
