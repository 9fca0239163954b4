import { mendJournal, type KeepLater } from '../../journal/index.js';
import { projectPaths, type SalvageOptions, type SalvageResult } from '../../schema/index.js';

/**
 * Mends a damaged journal: the events before the damage stay, the damaged file is kept beside it, and a run resumed on it
 * repeats its decisions from there. Finished trainings, tuned configurations, calibrations and openings of the test split from after the
 * damage are facts that need no place among the decisions, and are kept too.
 */
export async function salvage(options: SalvageOptions): Promise<SalvageResult> {
  const { journal } = projectPaths(options.projectDir);
  const { whole, later, damage, damagedPath } = await mendJournal(journal, keptFact);
  return {
    journal,
    events: whole,
    laterFacts: later,
    damage: damage === undefined ? null : damage.message,
    damagedCopy: damagedPath ?? null,
  };
}

const keptKinds = ['trial-result', 'model-tuned', 'noise-calibrated'];

/**
 * An opening by a run is one of its decisions and will be taken again; that it happened before must not be forgotten, so it
 * is kept as one of this command. Counted twice is on the safe side.
 */
const keptFact: KeepLater = ({ kind, payload }) => {
  if (keptKinds.includes(kind)) return { kind, payload };
  if (kind === 'test-opened') return { kind, payload: { ...(payload as object), runId: 'salvage' } };
  return undefined;
};
