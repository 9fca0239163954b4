import { describe, expect, it } from 'vitest';
import { auc } from '../../src/stats/index.js';
import { generateWorld, type WorldLog } from '../../src/world/index.js';

/** Smoothed log odds of each value, learnt on the rows before `cut`. */
function effects(codes: Int32Array, clicks: Int32Array, cut: number): Float64Array {
  const size = codes.reduce((most, code) => Math.max(most, code), 0) + 1;
  const shown = new Float64Array(size);
  const clicked = new Float64Array(size);
  let total = 0;
  for (let row = 0; row < cut; row += 1) {
    shown[codes[row]] += 1;
    clicked[codes[row]] += clicks[row];
    total += clicks[row];
  }
  const prior = total / cut;
  const logit = (p: number): number => Math.log(p / (1 - p));
  return shown.map((count, code) => logit((clicked[code] + 20 * prior) / (count + 20)) - logit(prior));
}

/** Test AUC (newest fifth of the rows) of the sum of effects of the columns. */
function testAuc(log: WorldLog, columns: readonly Int32Array[]): number {
  const { click, rows } = log.events;
  const cut = Math.floor(rows * 0.8);
  const learnt = columns.map((codes) => effects(codes, click, cut));
  const scores = new Float64Array(rows - cut);
  for (let row = cut; row < rows; row += 1) {
    columns.forEach((codes, c) => {
      scores[row - cut] += learnt[c][codes[row]];
    });
  }
  return auc(scores, click.subarray(cut));
}

function columnsOf({ events, world: { users, items } }: WorldLog) {
  const ofUser = (values: Uint8Array): Int32Array => events.user.map((user) => values[user]);
  const ofItem = (values: Uint8Array | Int32Array): Int32Array => events.item.map((item) => values[item]);
  const duration = events.item.map((item) => Math.floor(2 * Math.log2(items.durationSeconds[item])));
  const declared = ofUser(users.declaredTopic);
  const category = ofItem(items.category);
  const age = ofUser(users.ageBand);
  const cohort = ofUser(users.cohortCode);
  const cross = (a: Int32Array, b: Int32Array): Int32Array => a.map((code, row) => code * 100 + b[row]);
  return {
    additive: [events.user, events.item, events.position, events.hour, declared, category, age, duration],
    topicPair: cross(declared, category),
    agePair: cross(age, duration),
    uselessPair: cross(cohort, ofItem(items.batchCode)),
  };
}

describe('what counting a pair of columns adds to counting columns', () => {
  it.each([1, 2, 3])('world %i: declared topic with category is worth more than 0.02 of test AUC', (seed) => {
    const log = generateWorld({ seed });
    const { additive, topicPair, uselessPair } = columnsOf(log);
    const base = testAuc(log, additive);
    expect(base).toBeGreaterThan(0.55);
    expect(testAuc(log, [...additive, topicPair])).toBeGreaterThan(base + 0.02);
    expect(testAuc(log, [...additive, uselessPair])).toBeLessThan(base + 0.01);
  });

  it.each([1, 2])('null world %i: no pair is worth anything', (seed) => {
    const log = generateWorld({ seed, null: true });
    const { additive, topicPair, agePair } = columnsOf(log);
    const base = testAuc(log, additive);
    expect(base).toBeGreaterThan(0.55);
    for (const pair of [topicPair, agePair])
      expect(testAuc(log, [...additive, pair])).toBeLessThan(base + 0.01);
  });
});
