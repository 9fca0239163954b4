import { TrialOutcome } from '../schema/index.js';
import type { WorkerError } from './messages.js';

/** The outcome of a trial that ended in an error. */
export function faultOf(error: WorkerError): TrialOutcome {
  const { code, message, remedy, infrastructure } = error;
  return { kind: 'fault', code, message, ...(remedy === undefined ? {} : { remedy }), infrastructure };
}

/**
 * Checks what a worker sent as a trial's outcome. A metric that is not a finite number is PREDICTIONS_INVALID, anything
 * else that is not a TrialOutcome is INTERNAL: both are faults of the candidate, never scores.
 */
export function parseOutcome(value: unknown): TrialOutcome {
  const parsed = TrialOutcome.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'outcome'}: ${issue.message}`);
  const metric = parsed.error.issues.some((issue) => issue.path[0] === 'validation' && issue.path.length > 1);
  return {
    kind: 'fault',
    code: metric ? 'PREDICTIONS_INVALID' : 'INTERNAL',
    message: `The worker's outcome was refused: ${issues.slice(0, 3).join('; ')}`,
    infrastructure: false,
  };
}
