import { Rng } from '../../platform/index.js';

/**
 * Measures several things side by side: in every round each of them once, in an order that is drawn anew, so that what else the machine
 * does falls on all of them alike and ratios within a round are fair. A first round warms up and is thrown away.
 * @param measure the number of the round is handed to it, -1 for the one that warms up
 * @param round called before each, with the rounds that are done
 * @returns [thing][round]
 */
export async function inTurns<Thing, Measurement>(
  things: readonly Thing[],
  rounds: number,
  measure: (thing: Thing, round: number) => Promise<Measurement>,
  round: (done: number) => void = () => undefined,
): Promise<Measurement[][]> {
  const rng = new Rng(['in-turns', things.length, rounds]);
  for (const thing of things) await measure(thing, -1);
  const all = things.map((): Measurement[] => []);
  for (let done = 0; done < rounds; done += 1) {
    round(done);
    for (const t of rng.shuffle(things.map((_, i) => i))) all[t].push(await measure(things[t], done));
  }
  return all;
}

/** Value by round over that of another in the same round. */
export const ratiosOf = (values: readonly number[], reference: readonly number[]): number[] =>
  values.map((value, round) => value / reference[round]);
