import { describe, expect, it } from 'vitest';
import { trainingPlanLines } from '../../src/cli/training-plan-lines.js';
import { plainStyle } from '../../src/cli/text.js';
import { planTrainingResult } from './example-results.js';

const { batch } = planTrainingResult;
const text = (over: Partial<typeof planTrainingResult> = {}): string =>
  trainingPlanLines({ ...planTrainingResult, ...over }, plainStyle).join('\n');

describe('trainingPlanLines', () => {
  it('shows what is done now beside what was chosen, and what others break', () => {
    const shown = text();
    expect(shown).toContain('dcnv2, 100,000 rows an epoch, 2.8 GFLOP a step of 1024');
    expect(shown).toMatch(/ 2 +1 +0 +1024 .*memory/);
    expect(shown).toContain('now       1 x 2 threads, 1 ahead, batch 1024: 41,200 rows/s');
    expect(shown).toContain(
      'together  2 x 1 threads, 1 ahead, batch 2048: 61,800 rows/s, 1.50 times (1.42 to 1.58): 223 trainings an hour instead of 148',
    );
    expect(shown).toContain('Compared side by side, 9 turns each:');
    expect(shown).toContain('More batches ahead could save 0.4 % at most.');
    expect(shown).toMatch(/1 +2 +2\.4 +121 +33 +4\.1 %/);
    expect(shown).toMatch(/2 +1 +25 +— +— +10\.0 %/);
  });

  it('says of every larger batch what it costs and whether it was taken', () => {
    expect(text()).toContain(
      'Batch 4096: 1.31 times the rows a second, 1.10 times the rows until it stops; auc −0.00210, at worst −0.00340 (5 seeds, allowed −0.00100): left.',
    );
    expect(text()).toContain('auc +0.00010, at worst −0.00060 (5 seeds, allowed −0.00100): taken.');
    expect(text({ batch: { ...batch, trials: [], seeds: 0 } })).toContain(
      'The batch stays at 1024: --batch-seeds tests',
    );
    expect(text({ batch: { ...batch, trials: [] } })).toContain('no larger one is worth a training');
  });

  it('says whether the plan was written', () => {
    expect(text().split('\n').at(-1)).toBe('Nothing was changed; --apply writes it into training.json.');
    expect(text({ applied: true }).split('\n').at(-1)).toBe(
      'training.json has it; train and evolve go by it.',
    );
  });
});
