import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  auc,
  ece,
  gauc,
  hrAtK,
  logloss,
  mae,
  metricValues,
  ndcgAtK,
  ne,
  nextItemMetrics,
  rmse,
  scoreCtr,
  scoreNextItem,
  scoreRating,
} from '../../src/stats/index.js';
import { metricDirections } from '../../src/schema/index.js';

const rng = new Rng(3);
const rows = 400;
const labels = Float32Array.from({ length: rows }, () => (rng.next() < 0.3 ? 1 : 0));
const scores = Float32Array.from(labels, (label) => label + rng.normal());
const users = Int32Array.from({ length: rows }, () => rng.integer(40));
const clusters = { of: users, count: 40 };

describe('scoreboards', () => {
  it('give each metric the value of its plain function', () => {
    const board = metricValues(scoreCtr(scores, labels, 'logit', clusters));
    expect(board['auc']).toBeCloseTo(auc(scores, labels), 12);
    expect(board['gauc']).toBeCloseTo(gauc(scores, labels, users).gauc, 12);
    expect(board['logloss']).toBeCloseTo(logloss(scores, labels, 'logit'), 12);
    expect(board['ne']).toBeCloseTo(ne(scores, labels, 'logit'), 12);
    expect(board['ece']).toBeCloseTo(ece(scores, labels, 'logit'), 12);
    const rating = metricValues(scoreRating(scores, labels, clusters));
    expect(rating['rmse']).toBeCloseTo(rmse(scores, labels), 12);
    expect(rating['mae']).toBeCloseTo(mae(scores, labels), 12);
    const ranks = Float64Array.from({ length: rows }, () => 1 + rng.integer(40));
    const ranking = metricValues(scoreNextItem(ranks, clusters));
    expect(Object.keys(ranking)).toEqual([...nextItemMetrics]);
    expect(ranking['hr@10']).toBeCloseTo(hrAtK(ranks, 10), 12);
    expect(ranking['ndcg@20']).toBeCloseTo(ndcgAtK(ranks, 20), 12);
  });

  it('know the direction of every metric that they report', () => {
    const names = [
      ...Object.keys(scoreCtr(scores, labels, 'logit', clusters)),
      ...Object.keys(scoreRating(scores, labels, clusters)),
      ...nextItemMetrics,
    ];
    for (const name of names) expect(metricDirections[name], name).toBeDefined();
  });

  it('leave GAUC out where no user has both labels, and refuse metrics they do not know', () => {
    const single = { of: Int32Array.from({ length: rows }, (_, i) => i), count: rows };
    expect(Object.keys(scoreCtr(scores, labels, 'logit', single))).not.toContain('gauc');
    expect(() => scoreCtr(scores, labels, 'logit', clusters, ['hr@10'])).toThrow(/no metric hr@10/);
    expect(() => scoreNextItem([1], { of: [0], count: 1 }, ['ndcg'])).toThrow(/no metric ndcg/);
    expect(() => scoreNextItem([1], { of: [0], count: 1 }, ['auc@10'])).toThrow(/no metric auc@10/);
  });

  it('refuse predictions that are not finite, whatever the metric', () => {
    const bad = Float32Array.from(scores);
    bad[7] = Number.NaN;
    for (const metric of ['auc', 'gauc', 'logloss', 'ne', 'ece']) {
      expect(() => scoreCtr(bad, labels, 'logit', clusters, [metric]), metric).toThrow(/Prediction 7 is NaN/);
    }
    expect(() => scoreRating(bad, labels, clusters)).toThrow(/Prediction 7/);
  });
});
