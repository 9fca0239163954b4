/**
 * platform: the ground every room stands on. Errors, clock, random numbers, configuration, logging, files, hashing.
 * Nothing here knows about recommenders.
 */
export {
  AutoModelError,
  exitCodeOf,
  isAutoModelError,
  isErrorCode,
  throwIfInterrupted,
  type ErrorCode,
} from './errors.js';
export { clock, type Clock } from './clock.js';
export { Rng, hash32, hashKeys, uniformAt } from './rng.js';
export { checkedConfig, config, type Config } from './config.js';
export { packageRoot, packageVersion, workerEntry } from './entries.js';
export { log, type Logger } from './log.js';
export { canonicalJson, sha256 } from './hash.js';
export { asAutoModelError, systemFaultIn } from './system-faults.js';
export { readJson, removeQuietly, writeFileAtomic } from './files.js';
export {
  checkEnvironment,
  checkNode,
  nativeProbes,
  type EnvironmentCheck,
  type NativeProbe,
} from './environment.js';
