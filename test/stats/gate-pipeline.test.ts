import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  acceptanceChance,
  alphaForLook,
  judge,
  pairedDifference,
  pooledSeedNoise,
  scoreCtr,
  twoWayInterval,
  type GateEvidence,
  type GateVerdict,
  type Influence,
} from '../../src/stats/index.js';

/**
 * The whole way from raw predictions to a verdict, on simulated models: a model is a fixed way of misjudging rows plus,
 * per seed, its own noise. Everything that the gate is told (seed sd, influences) is measured, nothing is given.
 */
interface Rows {
  readonly labels: Float32Array;
  readonly users: Int32Array;
  readonly taste: Float64Array;
  readonly count: number;
}

function drawRows(rng: Rng, users: number): Rows {
  const labels: number[] = [];
  const of: number[] = [];
  const tastes: number[] = [];
  for (let u = 0; u < users; u += 1) {
    const level = 0.7 * rng.normal();
    const rows = 2 + rng.integer(6);
    for (let r = 0; r < rows; r += 1) {
      const taste = level + rng.normal();
      tastes.push(taste);
      labels.push(rng.next() < 1 / (1 + Math.exp(0.8 - taste)) ? 1 : 0);
      of.push(u);
    }
  }
  return {
    labels: Float32Array.from(labels),
    users: Int32Array.from(of),
    taste: Float64Array.from(tastes),
    count: users,
  };
}

/** AUC influences of one model over several seeds. `quality` is how much of the taste it sees. */
function runs(rows: Rows, quality: number, seeds: number, rng: Rng): readonly Influence[] {
  const blind = Float64Array.from(rows.taste, () => 0.6 * rng.normal());
  return Array.from({ length: seeds }, () => {
    const luck = 1 + 0.08 * rng.normal();
    const scores = Float32Array.from(
      rows.taste,
      (t, i) => quality * luck * t + blind[i] + 0.2 * rng.normal(),
    );
    return scoreCtr(scores, rows.labels, 'logit', { of: rows.users, count: rows.count }, ['auc'])['auc'];
  });
}

function gate(
  seed: number,
  gain: number,
): { readonly verdict: GateVerdict['verdict']; readonly evidence: GateEvidence } {
  const rng = new Rng([seed, 'gate-pipeline']);
  const rows = drawRows(rng, 150);
  const noise = pooledSeedNoise([
    { family: 'a', values: runs(rows, 1, 11, rng).map((run) => run.value) },
    { family: 'b', values: runs(rows, 1, 11, rng).map((run) => run.value) },
  ]);
  const difference = pairedDifference(runs(rows, 1 + gain, 3, rng), runs(rows, 1, 3, rng), {
    seedNoise: noise,
  });
  const evidence = {
    difference: difference.difference,
    se: difference.se,
    df: difference.df,
    alpha: alphaForLook(1, 1, 0.05),
    minimumEffect: 0,
    oneRunSd: noise.sd,
  };
  return { verdict: judge(evidence).verdict, evidence };
}

describe('from predictions to a verdict', () => {
  it('accepts A/A copies about as often as its level says', () => {
    const worlds = 400;
    let accepted = 0;
    for (let seed = 0; seed < worlds; seed += 1) if (gate(seed, 0).verdict === 'accept') accepted += 1;
    // 5 % of 400 is 20; three binomial standard errors are 13
    expect(accepted).toBeLessThan(34);
    expect(accepted).toBeGreaterThan(6);
  });

  it('finds a real gain, and finds a larger one more often', () => {
    const found = (gain: number): number => {
      let accepted = 0;
      for (let seed = 0; seed < 60; seed += 1) if (gate(seed, gain).verdict === 'accept') accepted += 1;
      return accepted / 60;
    };
    const small = found(0.3);
    const large = found(2.5);
    expect(large).toBeGreaterThan(0.7);
    expect(large).toBeGreaterThan(small);
  });

  it('rejects a real loss, or is indecisive, but never accepts it', () => {
    const verdicts = Array.from({ length: 60 }, (_, seed) => gate(seed, -0.6).verdict);
    expect(verdicts.filter((v) => v === 'accept').length).toBe(0);
    expect(verdicts.filter((v) => v === 'reject').length).toBeGreaterThan(40);
  });

  it('has the power that it tells', () => {
    const worlds = 150;
    const looks = Array.from({ length: worlds }, (_, seed) => gate(seed, 0.6));
    const accepted = looks.filter((look) => look.verdict === 'accept').length / worlds;
    const trueGain = looks.reduce((sum, look) => sum + look.evidence.difference, 0) / worlds;
    const told = looks.reduce((sum, look) => sum + acceptanceChance(look.evidence, trueGain), 0) / worlds;
    // binomial standard error 4 %
    expect(Math.abs(accepted - told)).toBeLessThan(0.12);
    expect(told).toBeGreaterThan(0.2);
    expect(told).toBeLessThan(0.9);
  });
});

describe('shuffled labels', () => {
  it('bring AUC to one half, within its own interval', () => {
    let inside = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const rng = new Rng([seed, 'shuffled']);
      const rows = drawRows(rng, 80);
      const shuffled = { ...rows, labels: rng.shuffle(Float32Array.from(rows.labels)) };
      const { ci } = twoWayInterval(runs(shuffled, 1, 3, rng));
      if (ci[0] <= 0.5 && 0.5 <= ci[1]) inside += 1;
    }
    expect(inside).toBeGreaterThan(87); // 95 % with three binomial standard errors
  });

  it('while true labels do not (negative control)', () => {
    const rng = new Rng(1);
    expect(twoWayInterval(runs(drawRows(rng, 80), 1, 3, rng)).ci[0]).toBeGreaterThan(0.55);
  });
});
