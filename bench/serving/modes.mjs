// What is measured: a fixed rate, the highest rate at a bounded utilisation, three times the capacity.
import { generate } from './processes.mjs';

/** Every number that is the median over repeats, member by member. */
export function medianOf(runs) {
  const [first] = runs;
  if (typeof first === 'object' && first !== null)
    return Object.fromEntries(
      [...new Set(runs.flatMap((run) => Object.keys(run ?? {})))].map((name) => [
        name,
        medianOf(runs.map((run) => run?.[name])),
      ]),
    );
  const values = runs
    .filter((value) => typeof value === 'number' && !Number.isNaN(value))
    .sort((a, b) => a - b);
  if (values.length === 0) return null;
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

export async function fixedRate(target, { rate, seconds, warmUpSeconds, repeats }) {
  const runs = [];
  for (let seed = 1; seed <= repeats; seed += 1)
    runs.push(await generate({ ...target, rate, seconds, warmUpSeconds, seed }));
  return { rate, repeats: runs, median: medianOf(runs) };
}

/** Busiest of what can be full: the machine's processors, the thread of the model, or the one thread that a plain server has. */
export const busiest = ({ server }) =>
  Math.max(server.utilisation ?? 0, server.modelShare ?? server.cores ?? 0);

/** Nothing but a stray request is refused, and answers keep up. */
const keepsUp = ({ errors, refused, ms }) => errors === 0 && refused.share <= 0.001 && ms.p99 < 500;

/** Looks for the highest rate at which no more than `most` of it is used and the server keeps up, then measures there. */
export async function highestRate(target, options, most = 0.7) {
  const trials = [];
  let [rate, best] = [options.rate, 0];
  for (let turn = 0; turn < 6; turn += 1) {
    const seconds = Math.min(15, options.seconds);
    const trial = await generate({
      ...target,
      rate,
      seconds,
      warmUpSeconds: Math.min(3, seconds),
      seed: 100 + turn,
    });
    const used = busiest(trial);
    const holds = used <= most && keepsUp(trial);
    trials.push({ rate, used, refused: trial.refused.share, p99: trial.ms.p99 });
    if (holds) best = Math.max(best, rate);
    // Use grows about in line with the rate; a little less is asked for, so that the search ends below the bound.
    const next = Math.round(rate * Math.min(3, Math.max(0.3, (0.97 * most) / Math.max(used, 0.01))));
    if (holds && next <= 1.04 * rate) break;
    rate = !holds && next >= rate ? Math.floor(0.85 * rate) : next;
    if (rate < 1) break;
  }
  if (best === 0) return { trials, rate: null };
  return { trials, ...(await stepUp((at) => fixedRate(target, { ...options, rate: at }), best, most)) };
}

/**
 * Measures at a rate, and again at a higher one while the long runs use clearly less than `most`: short trials use more, right after the
 * change of rate. What goes too far is left out.
 */
export async function stepUp(measure, rate, most, steps = 2) {
  let measured = await measure(rate);
  for (let step = 0; step < steps; step += 1) {
    const next = Math.floor((measured.rate * 0.97 * most) / busiest(measured.median));
    if (next <= 1.05 * measured.rate) break;
    const higher = await measure(next);
    if (busiest(higher.median) > most || !keepsUp(higher.median)) break;
    measured = higher;
  }
  return measured;
}

/** Requests a second that are answered when far more arrive. */
export async function capacity(target, { rate, seconds }) {
  let asked = rate;
  for (;;) {
    const trial = await generate({
      ...target,
      rate: asked,
      seconds: Math.min(10, seconds),
      warmUpSeconds: 2,
      seed: 200,
    });
    if (trial.answeredPerSecond < 0.75 * asked) return trial.answeredPerSecond;
    asked *= 2;
  }
}

export async function overload(target, options) {
  const capable = await capacity(target, options);
  return { capacity: capable, ...(await fixedRate(target, { ...options, rate: Math.round(3 * capable) })) };
}
