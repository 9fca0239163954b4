import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  auc,
  gaucInfluence,
  gauc,
  loglossInfluence,
  logloss,
  ndcgAtK,
  pairedDifference,
  rankingInfluence,
  type Influence,
} from '../../src/stats/index.js';

/**
 * The closed-form standard error of a paired difference against the bootstrap that it stands for: users and seeds drawn anew
 * with replacement, the metric recomputed from what was drawn. Per-user sums of numerator and denominator make a draw cheap;
 * they are taken from the rows by hand, not from influences. AUC, which is no such ratio, has its own test in
 * two-way.test.ts.
 */
const users = 150;
const seeds = 15;
const draws = 800;

interface Rows {
  readonly of: Int32Array;
  readonly labels: Float64Array;
  readonly taste: Float64Array;
}

function drawRows(rng: Rng): Rows {
  const of: number[] = [];
  const labels: number[] = [];
  const taste: number[] = [];
  for (let u = 0; u < users; u += 1) {
    const level = rng.normal();
    for (let rows = 4 + rng.integer(8); rows > 0; rows -= 1) {
      const liked = level + rng.normal();
      of.push(u);
      taste.push(liked);
      labels.push(rng.next() < 1 / (1 + Math.exp(-liked)) ? 1 : 0);
    }
  }
  return { of: Int32Array.from(of), labels: Float64Array.from(labels), taste: Float64Array.from(taste) };
}

/** Scores per seed: a model's own misjudgement, luck of the seed in its quality, a little noise per row. */
function scoresOf({ taste }: Rows, quality: number, rng: Rng): Float64Array[] {
  const blind = Float64Array.from(taste, () => 0.8 * rng.normal());
  return Array.from({ length: seeds }, () => {
    const seen = quality + 0.2 * rng.normal();
    return Float64Array.from(taste, (liked, i) => seen * liked + blind[i] + 0.1 * rng.normal());
  });
}

/** What one user adds to a metric that is a ratio of sums. */
interface Parts {
  readonly above: Float64Array;
  readonly below: Float64Array;
}

interface Measure {
  readonly influence: (scores: Float64Array, rows: Rows) => Influence;
  readonly parts: (scores: Float64Array, rows: Rows) => Parts;
  /** the metric itself, by its own definition in the library */
  readonly value: (scores: Float64Array, rows: Rows) => number;
}

function perUser(rows: Rows, add: (of: readonly number[]) => readonly [number, number]): Parts {
  const above = new Float64Array(users);
  const below = new Float64Array(users);
  for (let u = 0; u < users; u += 1) {
    [above[u], below[u]] = add([...rows.of.keys()].filter((i) => rows.of[i] === u));
  }
  return { above, below };
}

/** The rank of a row's score among a hundred others, as a next-item case. */
const ranksOf = (scores: Float64Array) =>
  Float64Array.from(scores, (s) => 1 + Math.floor(40 / (1 + Math.exp(s))));

const measures: Readonly<Record<string, Measure>> = {
  gauc: {
    influence: (scores, { labels, of }) => gaucInfluence(scores, labels, { of, count: users }),
    value: (scores, { labels, of }) => gauc(scores, labels, of).gauc,
    parts: (scores, rows) =>
      perUser(rows, (own) => {
        const labels = own.map((i) => rows.labels[i]);
        if (new Set(labels).size < 2) return [0, 0];
        return [
          own.length *
            auc(
              own.map((i) => scores[i]),
              labels,
            ),
          own.length,
        ];
      }),
  },
  logloss: {
    influence: (scores, { labels, of }) => loglossInfluence(scores, labels, 'logit', { of, count: users }),
    value: (scores, { labels }) => logloss(scores, labels, 'logit'),
    parts: (scores, rows) =>
      perUser(rows, (own) => [
        own.reduce((sum, i) => sum + Math.log1p(Math.exp(rows.labels[i] === 1 ? -scores[i] : scores[i])), 0),
        own.length,
      ]),
  },
  'ndcg@10': {
    influence: (scores, { of }) => rankingInfluence(ranksOf(scores), 'ndcg', 10, { of, count: users }),
    value: (scores) => ndcgAtK(ranksOf(scores), 10),
    parts: (scores, rows) =>
      perUser(rows, (own) => {
        const ranks = ranksOf(scores);
        return [
          own.reduce((sum, i) => sum + (ranks[i] <= 10 ? 1 / Math.log2(1 + ranks[i]) : 0), 0),
          own.length,
        ];
      }),
  },
};

function sd(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

describe.each(Object.entries(measures))(
  'the paired difference of %s',
  (name, { influence, parts, value }) => {
    const rng = new Rng(['paired-bootstrap', name]);
    const rows = drawRows(rng);
    const [a, b] = [scoresOf(rows, 1, rng), scoresOf(rows, 0.7, rng)];
    const [partsOfA, partsOfB] = [a, b].map((model) => model.map((scores) => parts(scores, rows)));
    const ratio = ({ above, below }: Parts, picked: Int32Array) => {
      let [sum, weight] = [0, 0];
      for (const u of picked) {
        sum += above[u];
        weight += below[u];
      }
      return sum / weight;
    };
    const result = pairedDifference(
      a.map((scores) => influence(scores, rows)),
      b.map((scores) => influence(scores, rows)),
    );

    it('is of the metric: sums per user by hand give the library’s value', () => {
      const everyone = Int32Array.from({ length: users }, (_, u) => u);
      expect(ratio(partsOfA[0], everyone)).toBeCloseTo(value(a[0], rows), 9);
      expect(influence(a[0], rows).value).toBeCloseTo(value(a[0], rows), 9);
    });

    const bootstrap = (drawUsers: boolean, drawSeeds: boolean) =>
      sd(
        Array.from({ length: draws }, () => {
          const picked = Int32Array.from({ length: users }, (_, u) => (drawUsers ? rng.integer(users) : u));
          let difference = 0;
          for (let s = 0; s < seeds; s += 1) {
            const seed = drawSeeds ? rng.integer(seeds) : s;
            difference += (ratio(partsOfA[seed], picked) - ratio(partsOfB[seed], picked)) / seeds;
          }
          return difference;
        }),
      );

    it('has the standard error of a bootstrap over users and seeds', () => {
      // 800 draws know their sd to 2.5 %; a bootstrap over 15 seeds falls short by a thirtieth
      const told = result.se / bootstrap(true, true);
      expect(told).toBeGreaterThan(0.88);
      expect(told).toBeLessThan(1.12);
    });

    it('splits it as bootstraps over users alone and seeds alone do', () => {
      expect(Math.abs(result.userSe / bootstrap(true, false) - 1)).toBeLessThan(0.15);
      expect(Math.abs(result.seedSe / bootstrap(false, true) - 1)).toBeLessThan(0.15);
      // Negative control: either part alone is too small for the whole.
      expect(result.seedSe / bootstrap(true, true)).toBeLessThan(0.9);
    });
  },
);
