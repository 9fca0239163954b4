// Tables of real trainings (npm run search-tables): the search may try the tabulated configurations and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hashAssignment } from '../../../dist/space/index.js';

const path = (id) => fileURLToPath(new URL(`../tables/${id}.json`, import.meta.url));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Seeds that a search may see; the others are the truth. */
export const searchSeeds = 3;

/**
 * True mean per configuration: the mean over its truth seeds (`truthSeeds`: for each configuration), shrunk towards the mean of its model family by the share of
 * the variance within the family that is noise (method of moments). A configuration that fails has the worst score.
 */
export function truthOf(table, truthSeeds) {
  const wanted = truthSeeds[0].length;
  const scores = table.configurations.map(({ search }, c) =>
    truthSeeds[c].flatMap((s) => (search[s] === null ? [] : [search[s].at(-1)])),
  );
  const worst = Math.min(...scores.flat());
  const own = scores.map((values) => (values.length < wanted ? worst : mean(values)));
  const truth = [...own];
  const families = grouped([...own.keys()], (c) => table.configurations[c].assignment.model);
  const noise = mean(
    scores
      .filter((values) => values.length === wanted)
      .map((values) => values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1)),
  );
  for (const members of families.values()) {
    const centre = mean(members.map((c) => own[c]));
    const total = mean(members.map((c) => (own[c] - centre) ** 2));
    const kept = total > 0 ? Math.max(0, 1 - noise / wanted / total) : 0;
    for (const c of members) truth[c] = centre + kept * (own[c] - centre);
  }
  return { shrunk: truth, plain: own };
}

function grouped(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

/** The table as a problem of the bench. */
export function tableProblem(table, id, set) {
  const { space, rungs, configurations } = table;
  const index = new Map(configurations.map(({ assignment }, c) => [hashAssignment(space, assignment), c]));
  const pool = configurations.map(({ assignment }) => assignment);
  return {
    id: `table-${id}`,
    set,
    kind: 'table',
    rungs,
    complete: table.complete,
    size: pool.length,
    /**
     * One run. The order of the seeds is drawn for each configuration: the first is what screening sees, two are fresh seeds
     * of the finish, the others are its truth. Were the truth's seeds the same for all, what a seed does to all
     * configurations alike would not cancel (decision 0122).
     */
    instance(rng) {
      const orders = configurations.map(() => rng.shuffle(Array.from({ length: table.seeds }, (_, s) => s)));
      const { shrunk: truth, plain } = truthOf(
        table,
        orders.map((order) => order.slice(searchSeeds)),
      );
      const at = (assignment) => index.get(hashAssignment(space, assignment));
      return {
        space,
        pool,
        best: Math.max(...truth),
        typical: mean(truth),
        mostFresh: searchSeeds - 1,
        truth: (assignment) => truth[at(assignment)],
        /** without shrinkage: of a configuration that others chose, the shrunk mean is too low on average */
        unbiased: (assignment) => plain[at(assignment)],
        score(assignment, rung, repeat) {
          const c = at(assignment);
          return configurations[c].search[orders[c][repeat]]?.[rung];
        },
      };
    },
  };
}

function shipped(id, set) {
  return existsSync(path(id)) ? [tableProblem(JSON.parse(readFileSync(path(id), 'utf8')), id, set)] : [];
}

export const tableProblems = () => [
  ...shipped('ml-100k', 'tuning'),
  ...shipped('kuairand-pure', 'reporting'),
  ...shipped('criteo-80k', 'reporting'),
];
