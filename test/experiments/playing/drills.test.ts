import { describe, expect, it } from 'vitest';
import { drillPlays, playDrill } from '../../../scripts/experiments/drills.mjs';
import { createLiveWorld, withBehaviour, type Drill, type LiveWorld } from '../../../src/world/index.js';

interface Play {
  readonly name: string;
  readonly drill: Drill;
}
interface Judged {
  readonly verdict: string;
  readonly outcome: string;
  readonly broken: boolean;
  readonly right: boolean;
  readonly found: readonly (readonly [string, string])[];
  readonly reasons: readonly string[];
}

const plays = new Map((drillPlays as readonly Play[]).map((play) => [play.name, play]));
const worldOf = ({ drill }: Play, more: object = {}): LiveWorld =>
  createLiveWorld({
    ...drill.settings,
    users: 2500,
    items: 200,
    creators: 60,
    candidates: 40,
    sessionsPerDay: 0.5,
    tickSeconds: 1800,
    seed: 3,
    ...more,
  });

/** A small version of `npm run experiments:drills`, whose table is in docs/experiments.md; effects are made larger for few users. */
async function judge(name: string, change: Partial<Drill> = {}, more: object = {}): Promise<Judged> {
  const play = plays.get(name);
  if (play === undefined) throw new Error(`no drill ${name}`);
  const own = { ...play, drill: { ...play.drill, ...change } };
  return (await playDrill(own, withBehaviour(worldOf(own, more), 11), {
    seed: 'drill',
    plannedUnits: 20_000,
    units: 300,
  })) as Judged;
}

describe('a drill of the world is judged as it should be', () => {
  it.each(['a-a', 'lift-0.5%', 'lift-5%', 'novelty-fades'])(
    '%s: nothing is claimed that was not shown',
    async (name) => {
      const judged = await judge(name);
      expect([judged.right, judged.reasons]).toEqual([true, judged.reasons]);
      expect(judged.broken).toBe(false);
    },
  );

  it('clicks-up-satisfaction-down and latency are rolled back by their guardrails', async () => {
    for (const name of ['clicks-up-satisfaction-down', 'latency']) {
      const judged = await judge(name);
      expect(judged.right).toBe(true);
      expect(judged.outcome).toBe('rolled-back');
    }
  });

  it('events-dropped is refused, and the same arm is fine when it reports', async () => {
    const dropped = await judge('events-dropped');
    expect([dropped.right, dropped.broken, dropped.verdict]).toEqual([true, true, 'EXTEND']);
    expect(dropped.reasons.join()).toContain('missing unevenly');
    expect((await judge('a-a')).broken).toBe(false);
  });

  it('carry-over is never a KEEP', async () => {
    expect((await judge('carry-over')).verdict).not.toBe('KEEP');
  });

  it('carry-over under the seed of an earlier experiment is refused before it starts, and not under its own', async () => {
    const same = await judge('carry-over into an experiment with the same seed');
    expect([same.right, same.outcome, same.verdict]).toEqual([true, 'refused at start', 'EXTEND']);
    const own = await judge('carry-over into an experiment with a seed of its own');
    expect([own.right, own.broken, own.reasons]).toEqual([true, false, own.reasons]);
  });
});
