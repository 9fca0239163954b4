import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { Rng, type Clock } from '../../../src/platform/index.js';
import { Admission, type AdmissionOptions } from '../../../src/serving/index.js';

export interface Outcome {
  readonly id: number;
  readonly arrivedMs: number;
  readonly answeredMs: number;
  readonly refused: boolean;
}

export interface Load {
  readonly options: AdmissionOptions;
  /** arrivals per second, Poisson */
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
  /** milliseconds that a batch takes which begins at `nowMs` */
  readonly serviceMs: (size: number, rng: Rng, nowMs: number) => number;
}

/** One worker behind all batches, which takes their requests one after the other: as the thread of a model does. */
export function oneWorker(requestMs: (rng: Rng) => number): Load['serviceMs'] {
  let freeMs = 0;
  return (size, rng, nowMs) => {
    freeMs = Math.max(freeMs, nowMs);
    for (let i = 0; i < size; i += 1) freeMs += requestMs(rng);
    return freeMs - nowMs;
  };
}

export interface Played {
  /** one for each request, in the order of arrival */
  readonly outcomes: readonly Outcome[];
  /** ids in the order in which batches took them */
  readonly served: readonly number[];
  readonly batches: readonly number[];
  readonly mostAtOnce: number;
  readonly mostWaiting: number;
}

/** Plays Poisson arrivals against an Admission under a clock that jumps from event to event. */
export async function play({ options, rate, seconds, seed, serviceMs }: Load): Promise<Played> {
  const rng = new Rng(['admission', seed]);
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const ends: { readonly atMs: number; readonly done: () => void }[] = [];
  const served: number[] = [];
  const batches: number[] = [];
  let mostAtOnce = 0;
  let mostWaiting = 0;
  const serve = (ids: readonly number[]): Promise<readonly number[]> => {
    served.push(...ids);
    batches.push(ids.length);
    return new Promise((resolve) => {
      ends.push({ atMs: nowMs + serviceMs(ids.length, rng, nowMs), done: () => resolve(ids) });
      mostAtOnce = Math.max(mostAtOnce, ends.length);
    });
  };
  const admission = new Admission<number, number>(options, serve, clock);
  const outcomes: Outcome[] = [];
  const settled: Promise<void>[] = [];
  let arrivalMs = 0;
  for (let id = 0; ;) {
    ends.sort((a, b) => a.atMs - b.atMs);
    const nextEnd = ends[0]?.atMs ?? Infinity;
    const open = arrivalMs <= seconds * 1000;
    if (!open && ends.length === 0) break;
    if (open && arrivalMs <= nextEnd) {
      nowMs = arrivalMs;
      const own = id;
      const arrivedMs = nowMs;
      settled.push(
        admission.submit(own).then(
          (answer) => void outcomes.push({ id: answer, arrivedMs, answeredMs: nowMs, refused: false }),
          () => void outcomes.push({ id: own, arrivedMs, answeredMs: nowMs, refused: true }),
        ),
      );
      id += 1;
      arrivalMs += (-Math.log(1 - rng.next()) / rate) * 1000;
    } else {
      nowMs = nextEnd;
      ends.shift()?.done();
    }
    await turnOfTheLoop();
    mostWaiting = Math.max(mostWaiting, admission.counts.waiting);
  }
  await Promise.all(settled);
  return { outcomes: outcomes.sort((a, b) => a.id - b.id), served, batches, mostAtOnce, mostWaiting };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
