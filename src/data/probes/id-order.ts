import { Rng } from '../../platform/index.js';
import type { Probe, Sighting } from '../../schema/index.js';
import { columnSighting, isJudged, lacksLabel, type TableSubject } from './table-subject.js';

const renamings = 200;
/** Ids that are renamed, drawn by a hash: the work is that many times the renamings. */
const mostIds = 50_000;
const fewestIds = 100;
/** Distance from what renamed ids give, in their spread; and what it must be worth. */
const clearZ = 5;
const noticeable = 0.1;
const decisive = 0.4;

/**
 * Ids are names. Where their order ranks the label better than the order of ids that are dealt out anew, they were given
 * by what happened (positives first, or by a later popularity). Rates of ids stay with their owners, so that users who
 * differ are no signal here; only the order is new.
 */
export const idOrder: Probe<TableSubject> = {
  name: 'id-permutation',
  question: 'Does the order of user or item ids tell the label, beyond ids that are dealt out anew?',
  lacks: (subject) =>
    lacksLabel(subject) ??
    (subject.log.user === undefined && subject.log.item === undefined ? 'the events have no ids' : undefined),
  async run({ bench, columns, label = 'y' }) {
    const found: Sighting[] = [];
    for (const column of columns.filter((one) => one.side === undefined && !isJudged(one))) {
      const { cell } = column;
      const [ids] = await bench.numbers(`SELECT approx_count_distinct(${cell})::DOUBLE FROM base`);
      const step = Math.max(1, Math.ceil(ids / mostIds));
      const rows = await bench.engine.rows(
        `SELECT sum(${label})::DOUBLE, sum(1 - ${label})::DOUBLE FROM base WHERE y IS NOT NULL AND ${cell} IS NOT NULL ` +
          `AND hash(${cell}) % ${step} = 0 GROUP BY ${cell} ORDER BY ${cell}`,
      );
      if (rows.length < fewestIds) continue;
      const positives = Float64Array.from(rows, ([p]) => Number(p));
      const negatives = Float64Array.from(rows, ([, q]) => Number(q));
      const auc = orderAuc(positives, negatives);
      const order = Int32Array.from(rows.keys());
      const rng = new Rng(['id-permutation', rows.length]);
      const renamed = Array.from({ length: renamings }, () => {
        rng.shuffle(order);
        return orderAuc(
          positives.map((_, k) => positives[order[k]]),
          negatives.map((_, k) => negatives[order[k]]),
        );
      });
      const mean = renamed.reduce((sum, value) => sum + value, 0) / renamings;
      const sd = Math.sqrt(renamed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (renamings - 1));
      const away = Math.abs(auc - mean);
      if (!(away >= clearZ * sd) || away < noticeable) continue;
      found.push(
        columnSighting(
          column,
          away >= decisive ? 'high' : 'medium',
          `its order ranks the label with AUC ${auc.toFixed(3)}; ${renamings} random renamings give ${mean.toFixed(3)} ± ${sd.toFixed(3)} ` +
            `(${clearZ} of these and ${noticeable} are taken for proof)`,
          'Find out how the ids were given; replace them by random names, and never read them as numbers.',
        ),
      );
    }
    return found;
  },
};

/** AUC of the position of ids for the label of their rows; rows of one id are tied. */
export function orderAuc(positives: Float64Array, negatives: Float64Array): number {
  let [below, wins, p] = [0, 0, 0];
  for (let k = 0; k < positives.length; k += 1) {
    wins += positives[k] * (below + negatives[k] / 2);
    below += negatives[k];
    p += positives[k];
  }
  return p * below === 0 ? 0.5 : wins / (p * below);
}
