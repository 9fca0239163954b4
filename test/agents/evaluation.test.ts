import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedOn } from '../../src/agents/evaluation/paired.js';
import {
  orientedValue,
  scoreboardOf,
  steeringValue,
  summarise,
} from '../../src/agents/evaluation/scoring.js';
import {
  SealedAnswer,
  SealedRequest,
  sealedTables,
  serialise,
} from '../../src/agents/evaluation/sealed-scores.js';
import type { ValidationTruth } from '../../src/agents/trial/validation-truth.js';
import { scoreCtr, scoreRating, type Scoreboard } from '../../src/stats/index.js';

const rows = 60;
const users = Int32Array.from({ length: rows }, (_, i) => i % 12);
const labels = Float32Array.from({ length: rows }, (_, i) => ((i * i) % 7 < 3 ? 1 : 0));
const ratings = Float32Array.from({ length: rows }, (_, i) => 1 + ((i * 5) % 5));
/** Ratings missed by up to `error`, another way for every seed. */
const guesses = (error: number, seed: number) =>
  ratings.map((rating, i) => rating + error * Math.sin(seed + i));
const clusters = { of: users, count: 14 };
const logits = Float32Array.from({ length: rows }, (_, i) => Math.sin(i * 3) + 0.8 * labels[i]);

const truth = (task: 'ctr' | 'rating'): ValidationTruth => ({
  kind: 'rows',
  task,
  rows: Int32Array.from({ length: rows }, (_, i) => i),
  labels: task === 'ctr' ? labels : ratings,
  users,
  userCount: 14,
});

describe('scores of the sealed split', () => {
  it('cross the process as JSON without losing a bit', () => {
    const board = scoreCtr(logits, labels, 'logit', clusters);
    const answer = SealedAnswer.parse(
      JSON.parse(JSON.stringify({ rows, tables: [serialise(board), serialise(board)] })),
    );
    const { tables, rows: count, lists } = sealedTables(answer);
    expect([count, lists, tables.length]).toEqual([rows, null, 2]);
    for (const [metric, { value, clusters: occupied, perCluster }] of Object.entries(board))
      expect(tables[1][metric]).toEqual({ value, clusters: occupied, perCluster });
    expect(Object.keys(tables[1])).toEqual(Object.keys(board));
  });

  it('keep any influence, empty clusters included', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
          {
            maxLength: 20,
          },
        ),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
        (psi, value) => {
          const board: Scoreboard = { auc: { value, clusters: 3, perCluster: Float64Array.from(psi) } };
          const sent: unknown = JSON.parse(JSON.stringify({ rows: 1, tables: [serialise(board)] }));
          expect(sealedTables(sent).tables[0]).toEqual(board);
        },
      ),
    );
  });

  it('carry influences and values and no more: a label has no place in an answer', () => {
    const table = serialise(scoreCtr(logits, labels, 'logit', clusters));
    for (const influence of Object.values(table))
      expect(Object.keys(influence).sort()).toEqual(['at', 'clusters', 'count', 'psi', 'value']);
    expect(Object.keys(SealedAnswer.shape).sort()).toEqual(['lists', 'rows', 'tables']);
    expect(() => sealedTables({ rows: 1, tables: [{ auc: { value: 1 } }] })).toThrow();
  });

  it('are asked for by trial keys unless another system is scored', () => {
    expect(SealedRequest.parse({ datasetDir: '/d', predictionsDir: '/p', keys: ['k'] })).toEqual({
      datasetDir: '/d',
      predictionsDir: '/p',
      keys: ['k'],
      alignedFile: null,
      entriesFile: null,
      scoreKind: 'logit',
    });
  });
});

describe('directions', () => {
  const boards = (error: number) =>
    [1, 2, 3].map((seed) => scoreRating(guesses(error, seed), ratings, clusters));
  const good = boards(0.3);
  const bad = boards(0.9);

  it('make a smaller rmse a positive difference, and a larger one a negative', () => {
    const difference = pairedOn('rmse', good, bad);
    const mean = (runs: readonly Scoreboard[]) => runs.reduce((sum, run) => sum + run['rmse'].value, 0) / 3;
    expect(difference.difference).toBeCloseTo(mean(bad) - mean(good), 12);
    expect(difference.lower).toBeGreaterThan(0);
    const reversed = pairedOn('rmse', bad, good);
    expect(reversed.difference).toBeCloseTo(-difference.difference, 12);
    expect(reversed.upper).toBeCloseTo(-difference.lower, 12);
    expect(reversed.se).toBeCloseTo(difference.se, 12);
  });

  it('leave metrics that are better when large as they are', () => {
    const strong = [scoreCtr(logits, labels, 'logit', clusters)];
    const weak = [
      scoreCtr(
        logits.map((x) => -x),
        labels,
        'logit',
        clusters,
      ),
    ];
    const { difference } = pairedOn('auc', strong, weak);
    expect(difference).toBeCloseTo(strong[0]['auc'].value - weak[0]['auc'].value, 12);
    expect(difference).toBeGreaterThan(0);
  });

  it('turn steering values so that larger is better', () => {
    expect(orientedValue('logloss', 0.4)).toBe(-0.4);
    expect(orientedValue('auc', 0.4)).toBe(0.4);
    expect(steeringValue(truth('rating'), guesses(0.3, 1))).toBeCloseTo(-good[0]['rmse'].value, 6);
    expect(steeringValue(truth('ctr'), logits)).toBeCloseTo(
      scoreCtr(logits, labels, 'logit', clusters)['auc'].value,
      12,
    );
  });

  it('are not in summaries: they tell a metric in its own units', () => {
    const { rmse, mae } = summarise(good);
    expect(rmse.n).toBe(3);
    expect(rmse.mean).toBeGreaterThan(0);
    expect(rmse.ci[0]).toBeLessThan(rmse.mean);
    expect(rmse.ci[1]).toBeGreaterThan(rmse.mean);
    expect(mae.sd).toBeGreaterThan(0);
    expect(summarise(good.slice(0, 1))['rmse'].sd).toBe(0);
    expect(summarise([])).toEqual({});
  });

  it('keep intervals where the metric can be', () => {
    const few = [0.97, 0.2].map((quality) =>
      scoreCtr(
        Float32Array.from(labels, (y, i) => (i % 10 < 10 * quality ? y : 1 - y)),
        labels,
        'logit',
        clusters,
      ),
    );
    const { auc, logloss } = summarise(few);
    expect(auc.ci).toEqual([0, 1]); // two seeds far apart: nothing is known of the mean
    expect(logloss.ci[0]).toBe(0);
    expect(logloss.ci[1]).toBeGreaterThan(1);
  });

  it('give the primary metric the pooled seed noise, and no other', () => {
    const plain = summarise(good);
    const noisy = summarise(good, 'rmse', { sd: 1, degreesOfFreedom: 30 });
    expect(noisy['rmse'].ci[1]).toBeGreaterThan(plain['rmse'].ci[1]);
    expect(noisy['mae']).toEqual(plain['mae']);
  });
});

describe('scoreboardOf', () => {
  it('sees the rows of the truth alone', () => {
    const half = { ...truth('ctr'), rows: Int32Array.from({ length: 30 }, (_, i) => i) };
    const limited = { ...half, labels: labels.slice(0, 30), users: users.slice(0, 30) };
    const poisoned = logits.map((x, i) => (i < 30 ? x : 1000));
    expect(scoreboardOf(limited, poisoned)).toEqual(scoreboardOf(limited, logits));
  });

  it('refuses a prediction that is not finite', () => {
    const broken = logits.map((x, i) => (i === 4 ? Number.NaN : x));
    expect(() => scoreboardOf(truth('ctr'), broken)).toThrowError(
      expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
    );
  });
});
