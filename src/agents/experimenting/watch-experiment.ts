import { setTimeout as pause } from 'node:timers/promises';
import { asAutoModelError, AutoModelError, throwIfInterrupted } from '../../platform/index.js';
import {
  formatDuration,
  formatShare,
  type ExperimentRampResult,
  type ExperimentSummary,
  type OperationIo,
} from '../../schema/index.js';

const weekMs = 7 * 86_400_000;

export interface WatchOptions {
  /** from the end of a look to the next one; at most a week */
  readonly everyMs: number;
  /** looks and acts */
  readonly look: () => Promise<ExperimentRampResult>;
  /** the experiment as its journal has it */
  readonly current: () => Promise<ExperimentSummary>;
}

/**
 * Looks again and again until the experiment has ended. It keeps nothing of its own: whoever starts it again goes on where the journal is.
 * A look that could have gone well a moment later (the allocation was changed meanwhile, the disk was full) is told and made again at
 * the next time; any other fault ends the watch.
 * @returns the look that ended the experiment; where somebody else ended it, its last one, without metrics
 * @throws USAGE for a pause that is none; INTERRUPTED; what a look throws
 */
export async function watchExperiment(
  { everyMs, look, current }: WatchOptions,
  io: Pick<OperationIo, 'onProgress' | 'warn' | 'signal'>,
): Promise<ExperimentRampResult> {
  if (!(everyMs > 0 && everyMs <= weekMs))
    throw new AutoModelError('USAGE', `Looks ${everyMs / 60_000} minutes apart cannot be made`, {
      remedy: 'Give minutes above 0, at most a week (10080).',
    });
  for (;;) {
    throwIfInterrupted(io.signal);
    const before = await current();
    if (before.status === 'stopped')
      return { experiment: before, look: before.lastLook, metrics: [], checks: [] };
    try {
      const looked = await look();
      if (looked.experiment.status === 'stopped') return looked;
      io.onProgress({ kind: 'phase', name: seen(looked, everyMs), done: 0, total: undefined });
    } catch (error) {
      const { code, message, retryable } = asAutoModelError(error);
      // Somebody ended it while it was looked at.
      if (code !== 'INTERRUPTED' && (await current()).status === 'stopped') continue;
      if (code === 'INTERRUPTED' || !retryable) throw error;
      io.warn({ code, message: `A look failed and is made again: ${message}` });
    }
    await pause(everyMs, undefined, { signal: io.signal }).catch(() => throwIfInterrupted(io.signal));
  }
}

/** What a look came to, in one line. */
function seen({ experiment, look }: ExperimentRampResult, everyMs: number): string {
  const decision = look?.decision;
  const reasons = decision === undefined ? '' : `${decision.kind} (${decision.reasons.join('; ')}), `;
  return `Look ${experiment.looks}: ${reasons}${formatShare(experiment.share)} treated; the next in ${formatDuration(everyMs / 1000)}`;
}
