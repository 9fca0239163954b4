import { describe, expect, it } from 'vitest';
import { WorldTraffic } from '../../../src/agents/online/world-traffic.js';
import { playExperiment, type ExperimentDoor } from '../../../src/experiments/index.js';
import { ExperimentRecord } from '../../../src/schema/index.js';
import {
  createLiveWorld,
  degradedScore,
  idOf,
  oracleScore,
  rankedPolicy,
  unitCounts,
  UnitTotals,
  type WorldArm,
} from '../../../src/world/index.js';

const days = 6;
const world = createLiveWorld({ seed: 7, users: 1500, items: 200, days, warmupDays: 1 });
const oracle = oracleScore(world, 'value');

/** Ranks by the truth seen through noise: the more, the worse. */
const arm = (name: string, id: number, noise: number, more: Partial<WorldArm> = {}): WorldArm => ({
  name,
  recommender: rankedPolicy({ id, rankings: [{ weight: 1, score: degradedScore(oracle, noise, 3) }] }),
  ...more,
});

const record = ExperimentRecord.parse({
  id: 'ranking',
  hypothesis: 'Another ranking brings more clicks',
  holds: { parameters: ['ranking'] },
  treatments: [{ name: 'treatment', change: { kind: 'none' } }],
  metrics: [
    { name: 'clicks', role: 'success' },
    { name: 'clicks kept', of: 'clicks', role: 'guardrail', margin: 0.2 },
  ],
  ramp: { steps: [{ share: 0.5, hours: 24, units: 100 }], riskBudget: 1 },
  plannedUnits: 1400,
});

class Ledger implements ExperimentDoor {
  readonly visits = new Map<string, number>();
  readonly sums = new Map<string, number>();

  constructor(private readonly variant: string | null) {}

  visit(unit: string): string | null {
    this.visits.set(unit, (this.visits.get(unit) ?? 0) + 1);
    return this.variant;
  }

  record(unit: string, measure: string, value: number): void {
    const key = `${this.visits.has(unit) ? 'later' : 'past'} ${measure} ${unit}`;
    this.sums.set(key, (this.sums.get(key) ?? 0) + value);
  }
}

describe('WorldTraffic', () => {
  it('makes a visit of every request, and records what the world counts as reported', async () => {
    const totals = new UnitTotals({ users: 1500, fromDay: -1, toDay: days, count: 'reported' });
    const logged = new UnitTotals({ users: 1500, fromDay: 0, toDay: days, count: 'truth' });
    const traffic = new WorldTraffic({
      world,
      arms: [arm('control', 1, 1), arm('treatment', 2, 1)],
      hoursPerLook: 12,
      recorders: [totals, logged],
    });
    const ledger = new Ledger(null);
    const sumOf = ({ sums }: Ledger, measure: string, user: number): number =>
      ['past', 'later'].reduce((sum, when) => sum + (sums.get(`${when} ${measure} ${idOf(user)}`) ?? 0), 0);
    let looks = 1;
    while (await traffic.act(ledger)) looks += 1;
    expect(looks).toBe(2 * days);
    const visits = [...ledger.visits.values()].reduce((sum, n) => sum + n, 0);
    expect(visits).toBe(logged.sums.requests.reduce((sum, n) => sum + n, 0));
    for (const measure of unitCounts.filter(
      (name) => !['requests', 'activeDays', 'satisfaction'].includes(name),
    ))
      for (let user = 0; user < 1500; user += 1)
        expect(sumOf(ledger, measure, user), `${measure} of ${user}`).toBeCloseTo(
          totals.sums[measure][user],
          6,
        );
  });

  it('lets a bad ranking be discarded or rolled back, and a good one be kept', async () => {
    const outcome = async (control: number, treatment: number): Promise<string> =>
      (
        await playExperiment(
          record,
          new WorldTraffic({
            world,
            arms: [arm('control', 1, control), arm('treatment', 2, treatment)],
            hoursPerLook: 24,
          }),
        )
      ).outcome;
    expect(await outcome(6, 0)).toBe('KEEP');
    expect(['DISCARD', 'rolled-back']).toContain(await outcome(0, 6));
  });

  it('shows units of an arm that reports nothing as what they are: missing', async () => {
    const traffic = new WorldTraffic({
      world,
      arms: [arm('control', 1, 1), arm('treatment', 1, 1, { dropShare: 1 })],
      hoursPerLook: 24,
    });
    const ledger = new Ledger('treatment');
    await traffic.act(ledger);
    expect(ledger.visits.size).toBeGreaterThan(100);
    expect([...ledger.sums.keys()].filter((key) => key.startsWith('later'))).toEqual([]);
    expect(ledger.sums.size).toBeGreaterThan(0);
  });
});
