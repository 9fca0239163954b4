import { mendJournal } from '../../journal/index.js';
import { projectPaths, type SalvageOptions, type SalvageResult } from '../../schema/index.js';

/**
 * Mends a damaged journal: the events before the damage stay, the damaged file is kept beside it, and a run resumed on it
 * repeats what came after. Trainings are deterministic, so it ends in the same state.
 */
export async function salvage(options: SalvageOptions): Promise<SalvageResult> {
  const { journal } = projectPaths(options.projectDir);
  const { head, damage, damagedPath } = await mendJournal(journal);
  return {
    journal,
    events: head.seq,
    damage: damage === undefined ? null : damage.message,
    damagedCopy: damagedPath ?? null,
  };
}
