import { describe, expect, it } from 'vitest';
import { servingPlanLines } from '../../src/cli/serving-plan-lines.js';
import { plainStyle } from '../../src/cli/text.js';
import { planServingResult } from './example-results.js';

describe('servingPlanLines', () => {
  it('shows the chosen plan, what others break, and what is saved', () => {
    const { chosen, measured } = planServingResult;
    const text = servingPlanLines({ ...planServingResult, measured: [...measured, chosen] }, plainStyle).join(
      '\n',
    );
    expect(text).toContain('dcnv2 at 100 requests/s');
    expect(text).toMatch(/→ int8 +float16 +1 +2 +500/);
    expect(text).toMatch(/ {2}float32 .* — +— +120 %.*p99/);
    expect(text).toContain('auc −0.00004');
    expect(text).toContain('A thousand requests cost 0.0000281 instead of 0.0000512 (45 % less).');
    expect(text).toContain('Nothing was changed; --apply writes it');
    expect(text).toMatch(/int8 +float16 +1 +all +0\.3 +4 +3\.0 % +120/);
  });

  it('names the experiment that ramps the plan', () => {
    const lines = servingPlanLines({ ...planServingResult, experiment: 'resources-1a2b' }, plainStyle);
    expect(lines.at(-1)).toContain('Experiment resources-1a2b is written; automodel experiment start <file>');
  });

  it('says when the plan was written', () => {
    const lines = servingPlanLines({ ...planServingResult, applied: true }, plainStyle);
    expect(lines.at(-1)).toBe('pipeline.json and serving.json have it; serve starts with it.');
  });
});
