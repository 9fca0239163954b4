// All problems, each with the set that it belongs to (docs/decisions/0099): tuning ones may be looked at while the policy is
// made, reporting ones are run when it is done.
import { Rng } from '../../../dist/platform/index.js';
import { hashAssignment, sample } from '../../../dist/space/index.js';
import { curveProblems, curveRungs } from './curves.mjs';
import { functionProblems } from './functions.mjs';
import { tableProblems } from './tables.mjs';

const DRAWS = 400;

/** A short training's score is noisier, up to half as much again. */
function synthetic(problem, kind, rungs) {
  return {
    id: problem.id,
    set: problem.set,
    kind,
    rungs,
    instance(rng, run) {
      const made = problem.make(rng);
      const { space, truth, gap, noiseOf } = made;
      const draws = new Rng(['typical', problem.id, run]);
      let sum = 0;
      for (let i = 0; i < DRAWS; i += 1) sum += truth(sample(space, draws));
      return {
        space,
        best: 0,
        typical: sum / DRAWS,
        truth,
        score(assignment, rung, repeat) {
          const hash = hashAssignment(space, assignment);
          const share = rungs[rung];
          const own = new Rng([run, 'pace', hash]);
          const noise =
            (noiseOf?.(assignment) ?? problem.noise) * new Rng([run, 'noise', hash, repeat]).normal();
          const early = share === 1 ? 0 : gap(assignment, share, own);
          return truth(assignment) - early + noise * (1 + 0.5 * (1 - share));
        },
      };
    },
  };
}

/** One run of a problem: the same for every policy. `score` is undefined where the training failed. */
export const instanceOf = (problem, run) => problem.instance(new Rng(['search-bench', problem.id, run]), run);

export const allProblems = () => [
  ...tableProblems(),
  ...functionProblems.map((problem) => synthetic(problem, 'function', [1])),
  ...curveProblems.map((problem) => synthetic(problem, 'curve', curveRungs)),
];
