import { describe, expect, it } from 'vitest';
import { estimatePolicy, type PolicyLog } from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';

const actions = 4;
/** Chances of the policy that acted and of the judged one, by kind of user and action. */
const acting = [
  [0.4, 0.3, 0.2, 0.1],
  [0.25, 0.25, 0.25, 0.25],
];
const judged = [
  [0.1, 0.2, 0.3, 0.4],
  [0.1, 0.1, 0.1, 0.7],
];
/** Chance of a reward of one. */
const reward = [
  [0.1, 0.2, 0.3, 0.6],
  [0.5, 0.1, 0.2, 0.35],
];
const truth =
  [0, 1].reduce((sum, kind) => sum + judged[kind].reduce((own, p, a) => own + p * reward[kind][a], 0), 0) / 2;

interface Bandit {
  readonly rows: number;
  readonly seed: number;
  /** factor on the propensities that the log claims of action 3 (the others share the rest) */
  readonly wrongPropensity?: boolean;
  readonly model?: 'right' | 'wrong';
}

function banditLog({ rows, seed, wrongPropensity = false, model }: Bandit): PolicyLog {
  const rng = new Rng([seed, 'bandit']);
  const column = (): Float64Array => new Float64Array(rows);
  const log = {
    reward: column(),
    propensity: column(),
    target: column(),
    predicted: column(),
    predictedTarget: column(),
  };
  const claimed = wrongPropensity ? acting.map((own) => own.map((_, a) => (a === 3 ? 0.28 : 0.24))) : acting;
  const believed = (kind: number, a: number): number => (model === 'right' ? reward[kind][a] : 0.9 - 0.2 * a);
  for (let row = 0; row < rows; row += 1) {
    const kind = rng.integer(2);
    let draw = rng.next();
    let action = 0;
    while (action < actions - 1 && draw >= acting[kind][action]) draw -= acting[kind][action++];
    log.reward[row] = Number(rng.next() < reward[kind][action]);
    log.propensity[row] = claimed[kind][action];
    log.target[row] = judged[kind][action];
    log.predicted[row] = believed(kind, action);
    log.predictedTarget[row] = judged[kind].reduce((sum, p, a) => sum + p * believed(kind, a), 0);
  }
  if (model !== undefined) return log;
  const { reward: r, propensity, target } = log;
  return { reward: r, propensity, target };
}

const rules = { alpha: 0.05 };
const value = (log: PolicyLog, method: string) => {
  const found = estimatePolicy(log, rules).estimates.find((one) => one.method === method);
  if (found === undefined) throw new Error(`no ${method}`);
  return found;
};

describe('estimates of a policy that did not act', () => {
  it('by hand: three rows', () => {
    const log = {
      reward: Float64Array.of(1, 0, 2),
      propensity: Float64Array.of(0.5, 0.5, 0.25),
      target: Float64Array.of(0.5, 0.25, 0.25),
    };
    const { weights, logged, reasons } = estimatePolicy(log, rules);
    expect(weights).toMatchObject({ mean: expect.closeTo(2.5 / 3, 12), largest: 1 });
    expect(weights.effectiveSampleSize).toBeCloseTo(2.5 ** 2 / 2.25, 12);
    expect(logged).toEqual({ value: 1, se: expect.closeTo(1 / Math.sqrt(3), 12) });
    expect(reasons).toEqual(['the 3 rows weigh like 2, and 200 are needed']);
  });

  it('are unbiased over seeds, with intervals that cover; what was logged is not what is asked for', () => {
    const seeds = 200;
    const methods = ['ips', 'snips', 'dm', 'dr'] as const;
    const sums = new Map(methods.map((method) => [method, { gap: 0, squares: 0, covered: 0 }]));
    let loggedGap = 0;
    for (let seed = 0; seed < seeds; seed += 1) {
      const { estimates, logged } = estimatePolicy(banditLog({ rows: 1500, seed, model: 'right' }), rules);
      loggedGap += (logged.value - truth) / seeds;
      for (const { method, value: estimate, ci } of estimates) {
        const sum = sums.get(method);
        if (sum === undefined) continue;
        sum.gap += estimate - truth;
        sum.squares += (estimate - truth) ** 2;
        sum.covered += Number(ci[0] <= truth && truth <= ci[1]);
      }
    }
    for (const method of methods) {
      const { gap, squares, covered } = sums.get(method) ?? { gap: NaN, squares: NaN, covered: NaN };
      expect(Math.abs(gap / seeds), method).toBeLessThan(4 * Math.sqrt(squares / seeds / seeds));
      expect(covered / seeds, method).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / seeds));
    }
    expect(Math.abs(loggedGap)).toBeGreaterThan(0.05);
    expect(sums.get('dr')?.squares).toBeLessThan(sums.get('ips')?.squares ?? 0);
  });

  it('DR is right with a wrong model or wrong propensities, where DM and IPS are wrong; not with both wrong', () => {
    const rows = 60_000;
    const errors = (log: PolicyLog, method: string): number => {
      const { value: estimate, se } = value(log, method);
      return Math.abs(estimate - truth) / se;
    };
    const wrongModel = banditLog({ rows, seed: 1, model: 'wrong' });
    expect(errors(wrongModel, 'dr')).toBeLessThan(4);
    expect(Math.abs(value(wrongModel, 'dm').value - truth)).toBeGreaterThan(0.05);

    // Wrong propensities fail the check of the mean weight in a log of this size: that is what it is for.
    const wrongWeights = banditLog({ rows, seed: 1, model: 'right', wrongPropensity: true });
    expect(estimatePolicy(wrongWeights, rules).identifiable).toBe(false);
    // In a log too small to see it, DR still holds.
    const gaps = { dr: 0, ips: 0, both: 0 };
    const seeds = 60;
    let told = 0;
    for (let seed = 0; seed < seeds * 4 && told < seeds; seed += 1) {
      const right = estimatePolicy(
        banditLog({ rows: 320, seed, model: 'right', wrongPropensity: true }),
        rules,
      );
      const wrong = estimatePolicy(
        banditLog({ rows: 320, seed, model: 'wrong', wrongPropensity: true }),
        rules,
      );
      if (!right.identifiable) continue;
      told += 1;
      const of = (result: typeof right, method: string): number =>
        (result.estimates.find((one) => one.method === method)?.value ?? NaN) - truth;
      gaps.dr += of(right, 'dr') / seeds;
      gaps.ips += of(right, 'ips') / seeds;
      gaps.both += of(wrong, 'dr') / seeds;
    }
    expect(told).toBeGreaterThan(10);
    expect(Math.abs(gaps.dr)).toBeLessThan(0.02);
    expect(Math.abs(gaps.ips)).toBeGreaterThan(0.02);
    expect(Math.abs(gaps.both)).toBeGreaterThan(0.02);
  });

  it('take rows of one unit for one draw', () => {
    const log = banditLog({ rows: 2000, seed: 5 });
    const twice = (values: Float64Array): Float64Array => Float64Array.from([...values, ...values]);
    const doubled = {
      reward: twice(log.reward),
      propensity: twice(log.propensity),
      target: twice(log.target),
    };
    const unit = Int32Array.from({ length: 4000 }, (_, row) => row % 2000);
    for (const method of ['ips', 'snips']) {
      const once = value(log, method);
      expect(value({ ...doubled, unit }, method).se / once.se).toBeCloseTo(1, 10);
      expect(value(doubled, method).se).toBeLessThan(0.75 * once.se);
    }
  });
});

describe('what a log cannot tell is refused', () => {
  const good = banditLog({ rows: 3000, seed: 5 });
  const reasonsOf = (log: PolicyLog, clip?: number) => {
    const { identifiable, estimates, reasons } = estimatePolicy(
      log,
      clip === undefined ? rules : { ...rules, clip },
    );
    expect(identifiable).toBe(reasons.length === 0);
    expect(estimates.length > 0).toBe(identifiable);
    return reasons.join('\n');
  };

  it('answers where nothing is wrong', () => {
    expect(reasonsOf(good)).toBe('');
  });

  it('weights whose mean is not 1: actions that the log lacks', () => {
    const rows = [...good.target.keys()].filter((row) => good.target[row] < 0.7);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]);
    expect(
      reasonsOf({ reward: pick(good.reward), propensity: pick(good.propensity), target: pick(good.target) }),
    ).toContain('weights have a mean of');
  });

  it('few rows that carry all the weight', () => {
    const n = 20_000;
    const rare = {
      reward: new Float64Array(n),
      propensity: new Float64Array(n).fill(0.999),
      target: new Float64Array(n),
    };
    for (let row = 0; row < 20; row += 1) {
      rare.propensity[row] = 0.001;
      rare.target[row] = 1;
    }
    expect(reasonsOf(rare)).toMatch(/the 20000 rows weigh like \d+, and 200 are needed/);
    // 1 % of the rows, where that is more than 200
    const larger = { ...rare, reward: new Float64Array(40_000) };
    for (const name of ['propensity', 'target'] as const) {
      larger[name] = new Float64Array(40_000).fill(name === 'propensity' ? 1 : 0);
      larger[name].fill(name === 'propensity' ? 0.0075 : 1, 0, 300);
    }
    expect(reasonsOf(larger)).toMatch(/weigh like (299|300), and 400 are needed/);
  });

  it('many weights that were cut', () => {
    expect(reasonsOf(good, 1.2)).toContain('of the weights are cut');
    expect(reasonsOf(good, 5)).toBe('');
  });

  it('actions that could not be logged', () => {
    const unsupported = new Float64Array(3000);
    expect(reasonsOf({ ...good, unsupported })).toBe('');
    unsupported[7] = 0.5;
    expect(reasonsOf({ ...good, unsupported })).toContain('never gives');
  });

  it.each([
    ['propensity', 0],
    ['propensity', 1.5],
    ['target', -0.1],
    ['reward', NaN],
  ] as const)('%s of %d, naming the row', (name, bad) => {
    const column = Float64Array.from(good[name]);
    column[41] = bad;
    expect(() => estimatePolicy({ ...good, [name]: column }, rules)).toThrow(new RegExp(`Row 42: ${name}`));
  });

  it('columns that do not fit together', () => {
    expect(() => estimatePolicy({ ...good, target: new Float64Array(2) }, rules)).toThrow(
      /target has 2 rows/,
    );
    expect(() => estimatePolicy({ ...good, predicted: good.reward }, rules)).toThrow(/both columns/);
    expect(() => estimatePolicy({ ...good, unit: new Int32Array(3) }, rules)).toThrow(/unit has 3 rows/);
  });
});
