import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  aucInfluence,
  clusterDegreesOfFreedom,
  clusterVariance,
  eceInfluence,
  gaucInfluence,
  loglossInfluence,
  maeInfluence,
  meanInfluence,
  neInfluence,
  rankingInfluence,
  rmseInfluence,
  type Clusters,
  type Influence,
} from '../../src/stats/index.js';

interface Rows {
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly users: Int32Array;
}

/** Users of uneven size with their own level, so that rows inside a user are dependent. */
function simulate(seed: number, users: number): Rows {
  const rng = new Rng(['influences', seed]);
  const scores: number[] = [];
  const labels: number[] = [];
  const of: number[] = [];
  for (let u = 0; u < users; u += 1) {
    const level = rng.normal();
    const rows = 2 + rng.integer(12);
    for (let r = 0; r < rows; r += 1) {
      const taste = rng.normal();
      const logit = level + taste - 0.5;
      labels.push(rng.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0);
      scores.push(0.3 * level + 0.5 * taste + 0.7 * rng.normal());
      of.push(u);
    }
  }
  return { scores: Float64Array.from(scores), labels: Float64Array.from(labels), users: Int32Array.from(of) };
}

type Metric = (rows: Rows, clusters: Clusters) => Influence;

const metrics: Readonly<Record<string, Metric>> = {
  mean: (r, c) => meanInfluence(r.scores, c),
  auc: (r, c) => aucInfluence(r.scores, r.labels, c),
  'gauc by impressions': (r, c) => gaucInfluence(r.scores, r.labels, c, 'impressions'),
  'gauc by clicks': (r, c) => gaucInfluence(r.scores, r.labels, c, 'clicks'),
  logloss: (r, c) => loglossInfluence(r.scores, r.labels, 'logit', c),
  ne: (r, c) => neInfluence(r.scores, r.labels, 'logit', c),
  rmse: (r, c) => rmseInfluence(r.scores, r.labels, c),
  mae: (r, c) => maeInfluence(r.scores, r.labels, c),
  ndcg: (r, c) =>
    rankingInfluence(
      r.scores.map((s) => 1 + Math.round(Math.exp(3 - s))),
      'ndcg',
      10,
      c,
    ),
};

function without(rows: Rows, user: number): Rows {
  const keep = Array.from(rows.users.keys()).filter((i) => rows.users[i] !== user);
  return {
    scores: Float64Array.from(keep, (i) => rows.scores[i]),
    labels: Float64Array.from(keep, (i) => rows.labels[i]),
    users: Int32Array.from(keep, (i) => rows.users[i]),
  };
}

describe.each(Object.entries(metrics))('influence of %s', (_, metric) => {
  const users = 150;
  const rows = simulate(1, users);
  const full = metric(rows, { of: rows.users, count: users });

  it('sums to zero', () => {
    expect(Math.abs(full.perCluster.reduce((sum, x) => sum + x, 0))).toBeLessThan(1e-12);
  });

  it('is what leaving the user out does to the value (jackknife)', () => {
    let agreement = 0;
    let squares = 0;
    for (let u = 0; u < users; u += 1) {
      const change =
        full.value - metric(without(rows, u), { of: without(rows, u).users, count: users }).value;
      agreement += (change - full.perCluster[u]) ** 2;
      squares += full.perCluster[u] ** 2;
    }
    // second-order terms only: a wrong formula misses by the size of the influences themselves
    expect(agreement / squares).toBeLessThan(0.02);
  });

  it('gives the variance that resampling users gives', () => {
    const rng = new Rng(['bootstrap', 1]);
    const rowsOf = Array.from({ length: users }, (_, u) =>
      Array.from(rows.users.keys()).filter((i) => rows.users[i] === u),
    );
    const values = Array.from({ length: 600 }, () => {
      const picked: number[] = [];
      const of: number[] = [];
      for (let u = 0; u < users; u += 1) {
        for (const i of rowsOf[rng.integer(users)]) {
          picked.push(i);
          of.push(u);
        }
      }
      const drawn = {
        scores: Float64Array.from(picked, (i) => rows.scores[i]),
        labels: Float64Array.from(picked, (i) => rows.labels[i]),
        users: Int32Array.from(of),
      };
      return metric(drawn, { of: drawn.users, count: users }).value;
    });
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1));
    // sd of an sd from 600 draws is 3 %
    expect(Math.abs(Math.sqrt(clusterVariance(full.perCluster, full.clusters)) / sd - 1)).toBeLessThan(0.12);
  });
});

describe('cluster variance', () => {
  it('treating rows as independent understates it when users differ (negative control)', () => {
    const rows = simulate(2, 300);
    const byUser = meanInfluence(rows.scores, { of: rows.users, count: 300 });
    const each = meanInfluence(rows.scores, {
      of: Int32Array.from(rows.scores.keys()),
      count: rows.scores.length,
    });
    const naive = clusterVariance(each.perCluster, each.clusters);
    expect(clusterVariance(byUser.perCluster, byUser.clusters)).toBeGreaterThan(1.3 * naive);
  });

  it('of a single cluster or no spread is zero; empty clusters do not count', () => {
    expect(clusterVariance(Float64Array.of(0.5), 1)).toBe(0);
    const sparse = meanInfluence([1, 2, 3], { of: [0, 0, 9], count: 10 });
    expect(sparse.clusters).toBe(2);
    expect(sparse.perCluster[5]).toBe(0);
  });

  it('has about as many degrees of freedom as users when they are alike, and few when one dominates', () => {
    const rng = new Rng(3);
    const alike = Float64Array.from({ length: 400 }, () => rng.normal());
    expect(clusterDegreesOfFreedom(alike, 400)).toBeGreaterThan(250);
    const dominated = alike.map((x, i) => (i === 0 ? 200 : x));
    expect(clusterDegreesOfFreedom(dominated, 400)).toBeLessThan(4);
    expect(clusterDegreesOfFreedom(new Float64Array(5), 5)).toBe(4);
  });

  it('of calibration error follows resampling when gaps are real', () => {
    const rows = simulate(4, 200);
    const overconfident = rows.scores.map((s) => 3 * s);
    const influence = eceInfluence(overconfident, rows.labels, 'logit', { of: rows.users, count: 200 }, 5);
    const rng = new Rng(5);
    const values = Array.from({ length: 400 }, () => {
      const weight = new Int32Array(200);
      for (let u = 0; u < 200; u += 1) weight[rng.integer(200)] += 1;
      const picked: number[] = [];
      rows.users.forEach((u, i) => {
        for (let w = 0; w < weight[u]; w += 1) picked.push(i);
      });
      const of = Int32Array.from(picked, (i) => rows.users[i]);
      const scores = Float64Array.from(picked, (i) => overconfident[i]);
      const labels = Float64Array.from(picked, (i) => rows.labels[i]);
      return eceInfluence(scores, labels, 'logit', { of, count: 200 }, 5).value;
    });
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1));
    expect(
      Math.abs(Math.sqrt(clusterVariance(influence.perCluster, influence.clusters)) / sd - 1),
    ).toBeLessThan(0.25);
  });
});
