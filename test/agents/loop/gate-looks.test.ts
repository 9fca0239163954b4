import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minuteShares } from '../../../src/agents/loop/deadline.js';
import { harnessSeed } from '../../../src/agents/loop/run-settings.js';
import { pairedOn } from '../../../src/agents/evaluation/paired.js';
import { gatePlan, takeLook } from '../../../src/stats/index.js';
import { shareMask } from '../../../src/agents/trial/validation-share.js';
import type { GateLook, TrialRequest } from '../../../src/schema/index.js';
import { usersIn } from '../support/encoded-data.js';
import { baseline, contender, quietNoise, visit } from '../support/gate.js';
import { scriptedRun, type Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const world = simulatedWorld(1, 160);
const trialOf = (request: TrialRequest) => Number(request.assignment['units'] ?? 7) - 8;
/** Quality of trials by number; the baseline's, and what is not named, is a weak one. */
const script = (qualities: Readonly<Record<number, number>> = {}, over: Partial<Script> = {}): Script => ({
  quality: (request) => qualities[trialOf(request)] ?? 0.4,
  ...over,
});
const gateSeeds = (count: number) => Array.from({ length: count }, (_, i) => harnessSeed(7, 'gate', i));
const verdicts = (looks: readonly GateLook[]) => looks.map(({ verdict }) => verdict);

describe('a look', () => {
  it('accepts a large gain and makes it the incumbent; the same candidate without the gain stays outside', async () => {
    const gifted = await scriptedRun({ world, script: script({ 0: 3 }) });
    const better = await visit(gifted.context, [contender(0)]);
    expect(better.incumbent).toEqual({ trial: 0, candidate: contender(0).candidate });
    expect(better.looks[0]).toMatchObject({ look: 1, trial: 0, verdict: 'accept' });
    expect(better.looks[0].lower).toBeGreaterThan(0);
    expect(await gifted.decided('incumbent-changed')).toMatchObject([{ trial: 0, model: 'dnn' }]);

    const plain = await scriptedRun({ world, script: script() });
    const same = await visit(plain.context, [contender(0)]);
    expect(same.incumbent).toBe(baseline);
    expect(verdicts(same.looks)).not.toContain('accept');
    expect(await plain.decided('incumbent-changed')).toEqual([]);
  });

  it('rejects a candidate that is plainly worse', async () => {
    const run = await scriptedRun({ world, script: script({ 0: -0.4 }) });
    expect(verdicts((await visit(run.context, [contender(0)])).looks)).toEqual(['reject']);
  });

  it('compares the same fresh seeds on both sides, which no other phase uses', async () => {
    const run = await scriptedRun({ world, script: script({ 0: 3 }) });
    await visit(run.context, [contender(0)]);
    const seeds = (model: string) => run.requests.filter((r) => r.model === model).map((r) => r.seed);
    expect(seeds('dnn')).toEqual(gateSeeds(5));
    expect(seeds('lr')).toEqual(gateSeeds(5));
    for (const purpose of ['screen', 'race', 'final', 'refit'] as const)
      for (let i = 0; i < 5; i += 1) expect(gateSeeds(5)).not.toContain(harnessSeed(7, purpose, i));
  });

  it('sees the gate users alone: what happens to the search users changes nothing', async () => {
    const users = Int32Array.from(usersIn(world.dataset.validation));
    const search = shareMask(users, 'search', world.dataset.contract.hash);
    const poisoned = {
      ...world,
      predictions: (...asked: Parameters<typeof world.predictions>) =>
        world.predictions(...asked).map((value, row) => (search[row] === 1 ? -value : value)),
    };
    const clean = await scriptedRun({ world, script: script({ 0: 1.4 }) });
    const attacked = await scriptedRun({ world: poisoned, script: script({ 0: 1.4 }) });
    const looks = (await visit(clean.context, [contender(0)])).looks;
    expect((await visit(attacked.context, [contender(0)])).looks).toEqual(looks);
    expect(new Set(clean.scored.map(({ share }) => share))).toEqual(new Set(['gate']));
    expect(clean.requests.every((request) => request.validationShare === 'search')).toBe(true);
  });

  it('wants the minimum that the user set, even of a gain that is certain', async () => {
    const run = (minimumGain: number) =>
      scriptedRun({ world, script: script({ 0: 3 }), settings: { minimumGain } });
    const [{ difference }] = (await visit((await run(0)).context, [contender(0)])).looks;
    const above = await visit((await run(difference * 1.01)).context, [contender(0)]);
    const below = await visit((await run(difference * 0.99)).context, [contender(0)]);
    expect(above.looks[0].lower).toBeGreaterThan(0);
    expect(verdicts(above.looks)).not.toContain('accept');
    expect(verdicts(below.looks)).toEqual(['accept']);
    expect(below.minimumGain).toEqual({ value: difference * 0.99, source: 'user' });
  });
});

describe('faults at the gate', () => {
  it('leave their pair out on both sides, and are no zeros', async () => {
    const lost = gateSeeds(5)[1];
    const own = gateSeeds(5)[3];
    const run = await scriptedRun({
      world,
      script: script(
        { 0: 3 },
        {
          fault: ({ model, seed }) =>
            model === 'dnn' && seed === lost ? 'lost' : model === 'lr' && seed === own ? 'own' : undefined,
        },
      ),
    });
    const { looks } = await visit(run.context, [contender(0)]);
    const valueOf = (model: string, seed: number) => {
      const request = run.requests.find((r) => r.model === model && r.seed === seed);
      return request === undefined ? Number.NaN : run.context.scorer.score(request, 'gate')['auc'].value;
    };
    const kept = gateSeeds(5).filter((seed) => seed !== lost && seed !== own);
    const differences = kept.map((seed) => valueOf('dnn', seed) - valueOf('lr', seed));
    expect(looks[0].difference).toBeCloseTo(differences.reduce((sum, d) => sum + d, 0) / 3, 12);
    // What was lost and what failed is counted; the sd that a zero among five values would make is a third.
    expect(looks[0]).toMatchObject({ seeds: 3, lost: 1, failed: 1 });
    expect(await run.decided('gate-looked')).toMatchObject([{ seeds: 3, lost: 1, failed: 1 }]);
  });

  it('of the infrastructure give the look that the other seeds alone would have given', async () => {
    const seeds = gateSeeds(5);
    const [lostSeed] = seeds;
    const lost = await scriptedRun({
      world,
      script: script({ 0: 1.4 }, { fault: ({ seed }) => (seed === lostSeed ? 'lost' : undefined) }),
    });
    const { looks } = await visit(lost.context, [contender(0)]);
    expect(looks[0]).toMatchObject({ seeds: 4, lost: 1, failed: 0 });
    const whole = await scriptedRun({ world, script: script({ 0: 1.4 }) });
    await visit(whole.context, [contender(0)]);
    const scored = (model: string) =>
      whole.requests
        .filter((request) => request.model === model && request.seed !== lostSeed)
        .map((request) => whole.context.scorer.score(request, 'gate'));
    const noise = { sd: quietNoise.sd, degreesOfFreedom: quietNoise.degreesOfFreedom };
    const byHand = pairedOn('auc', scored('dnn'), scored('lr'), noise);
    expect(looks[0].difference).toBeCloseTo(byHand.difference, 12);
    expect(looks[0].seeds).toBe(byHand.seeds);
    const judged = takeLook(1, { ...byHand, oneRunSd: noise.sd }, gatePlan, null);
    expect(looks[0].lower).toBeCloseTo(judged.verdict.lower, 12);
    expect(looks[0].minimumGain).toBeCloseTo(judged.minimumGain, 12);
    // Negative control: the lost run as a zero would have sunk the difference.
    expect(looks[0].difference - 0.7 / 5).toBeLessThan(0);
  });

  it('of the candidate itself keep it outside: the seeds on which it did not fail are its lucky ones', async () => {
    const [bad] = gateSeeds(5);
    const faulty = (kind: 'own' | 'lost') =>
      scriptedRun({
        world,
        script: script({ 0: 3 }, { fault: (r) => (trialOf(r) === 0 && r.seed === bad ? kind : undefined) }),
      });
    const failed = await visit((await faulty('own')).context, [contender(0)]);
    expect(failed.looks[0]).toMatchObject({ verdict: 'indecisive', seeds: 4, lost: 0, failed: 1 });
    expect(failed.looks[0].lower).toBeGreaterThan(0);
    expect(failed.looks[0].difference).toBeGreaterThan(failed.looks[0].minimumGain);
    expect(failed.incumbent).toBe(baseline);
    // What the machine lost says nothing of the candidate (control).
    const lost = await visit((await faulty('lost')).context, [contender(0)]);
    expect(lost.looks[0]).toMatchObject({ verdict: 'accept', seeds: 4, lost: 1, failed: 0 });
  });

  it('of all seeds, or of all but one, make no comparison and spend no look', async () => {
    for (const survivors of [0, 1]) {
      const run = await scriptedRun({
        world,
        script: script(
          { 1: 3 },
          { fault: (r) => (trialOf(r) === 0 && !gateSeeds(survivors).includes(r.seed) ? 'own' : undefined) },
        ),
      });
      const { looks, incumbent } = await visit(run.context, [contender(0), contender(1)]);
      expect(looks.map(({ look, trial }) => [look, trial])).toEqual([[1, 1]]);
      expect(incumbent.trial).toBe(1);
    }
  });
});

describe('several looks', () => {
  it('go against the best known ancestor: what was accepted before raises the bar', async () => {
    const equal = { 0: 3, 1: 3 };
    const run = await scriptedRun({ world, script: script(equal) });
    const { looks, incumbent } = await visit(run.context, [contender(0), contender(1)]);
    expect(looks.map(({ verdict }) => verdict === 'accept')).toEqual([true, false]);
    expect(incumbent.trial).toBe(0);
    const alone = await scriptedRun({ world, script: script(equal) });
    expect((await visit(alone.context, [contender(1)])).incumbent.trial).toBe(1);
  });

  it('never spend more than the error budget, however they fall on visits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
        async (maxLooks, visits) => {
          const looks: GateLook[] = [];
          let trial = 0;
          for (const contenders of visits) {
            const run = await scriptedRun({ world, script: script(), settings: { maxLooks, gateSeeds: 2 } });
            const sent = Array.from({ length: contenders }, () => contender(trial++));
            const visited = await visit(run.context, sent, { looksBefore: looks.length });
            looks.push(...visited.looks);
          }
          expect(looks.map(({ look }) => look)).toEqual(looks.map((_, i) => i + 1));
          expect(looks.length).toBeLessThanOrEqual(maxLooks);
          const spent = looks.reduce((sum, { alpha }) => sum + alpha, 0);
          expect(spent).toBeLessThanOrEqual(0.05 + 1e-12);
          if (looks.length === maxLooks) expect(spent).toBeCloseTo(0.05, 12);
          expect(looks.every(({ alpha }) => alpha > 0)).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('end with the minutes, after the first; the answer of the clock is a decision', async () => {
    const share = minuteShares.calibration + minuteShares.screening + minuteShares.race + minuteShares.gate;
    const visits = async (seconds: number) => {
      const run = await scriptedRun({ world, script: script() });
      run.context.deadline.begin(10, 0);
      run.clock.seconds += seconds;
      const { looks } = await visit(run.context, [contender(0), contender(1)], { withMinutes: true });
      return { looks: looks.length, asked: await run.decided('gate-continued') };
    };
    expect(await visits(600 * share - 1)).toEqual({ looks: 2, asked: [{ over: false }] });
    expect(await visits(600 * share + 1)).toEqual({ looks: 1, asked: [{ over: true }] });
  });
});
