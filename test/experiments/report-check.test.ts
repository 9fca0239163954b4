import { describe, expect, it } from 'vitest';
import { reportCheck } from '../../src/experiments/index.js';
import { Rng } from '../../src/platform/index.js';

const arms = (units: readonly number[], unreported: readonly number[], weights: readonly number[] = [1, 1]) =>
  units.map((count, i) => ({
    variant: ['control', 'new'][i],
    weight: weights[i],
    units: count,
    unreported: unreported[i],
  }));

describe('reports of what was shown', () => {
  it('that are missing from one arm fail, though exposures fit the plan', () => {
    const check = reportCheck(arms([1000, 1000], [3, 60]));
    expect(check).toMatchObject({ name: 'reports', passed: false });
    expect(check?.message).toContain('control 0.30 %, new 6.00 %');
  });

  it('pass where both arms lose alike, at any shares', () => {
    expect(reportCheck(arms([1000, 1000], [30, 34]))?.passed).toBe(true);
    expect(reportCheck(arms([9900, 100], [990, 12], [0.99, 0.01]))?.passed).toBe(true);
    expect(reportCheck(arms([9900, 100], [990, 60], [0.99, 0.01]))?.passed).toBe(false);
    expect(reportCheck(arms([1000, 1000], [0, 0]))).toMatchObject({ passed: true, p: 1 });
  });

  it('are not asked for where nobody reports such a thing', () => {
    expect(reportCheck(arms([1000, 900], [1000, 900]))).toBeNull();
    expect(reportCheck(arms([0, 0], [0, 0]))).toBeNull();
    expect(reportCheck(arms([1000, 900], [1000, 0]))?.passed).toBe(false);
  });

  it('raise no more false alarms than one in a thousand, looked at all the time', () => {
    const rng = new Rng([1, 'reports']);
    let alarms = 0;
    for (let experiment = 0; experiment < 200; experiment += 1) {
      const [units, unreported] = [
        [0, 0],
        [0, 0],
      ];
      let failed = false;
      for (let unit = 0; unit < 600; unit += 1) {
        const arm = rng.next() < 0.3 ? 1 : 0;
        units[arm] += 1;
        if (rng.next() < 0.2) unreported[arm] += 1;
        if (unit % 20 !== 0) continue;
        failed ||= reportCheck(arms(units, unreported, [0.7, 0.3]))?.passed === false;
      }
      alarms += Number(failed);
    }
    expect(alarms).toBeLessThanOrEqual(1);
  });
});
