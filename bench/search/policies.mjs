// What is compared. Rivals see every configuration at its full training; ours may stop early where a problem has rungs.
import {
  createSearch,
  gainBandit,
  localMutation,
  randomProposer,
  regularisedEvolution,
  successShare,
  surrogate,
  treeParzen,
} from '../../dist/search/index.js';
import { hillClimbing } from './hill-climbing.mjs';

/** A rival with the whole budget of full trainings to itself. */
const alone = (proposer) => ({
  rungsOf: () => [1],
  create: ({ space, pool, seed }) =>
    createSearch({ space, pool, seed, rungs: [1], proposers: [proposer], randomShare: 0 }),
});

export const rivals = [
  { id: 'random', title: 'random', ...alone(randomProposer()) },
  { id: 'tpe', title: 'TPE', ...alone(treeParzen()) },
  { id: 'evolution', title: 'regularised evolution', ...alone(regularisedEvolution({ crossover: 0 })) },
  { id: 'hill-climbing', title: 'keep-or-discard hill climbing', ...alone(hillClimbing()) },
];

/** The engine's own policy: `createSearch` as evolve makes it. */
export const own = {
  id: 'automodel',
  title: 'AutoModel',
  rungsOf: (problem) => problem.rungs,
  create: ({ space, pool, seed, rungs }) => createSearch({ space, pool, seed, rungs }),
};

/** Variants of our policy, for the tuning set and for the ablation table. */
export const variants = [
  {
    id: 'automodel-0.2',
    title: 'AutoModel 0.2: mutation and TPE by success share',
    rungsOf: (problem) => problem.rungs,
    create: ({ space, pool, seed, rungs }) =>
      createSearch({
        space,
        pool,
        seed,
        rungs,
        proposers: [localMutation(), treeParzen()],
        allocator: successShare(),
      }),
  },
  { id: 'surrogate', title: 'the surrogate alone', ...alone(surrogate()) },
  {
    id: 'bandit',
    title: 'all proposers by bandit, full trainings only',
    rungsOf: () => [1],
    create: ({ space, pool, seed }) =>
      createSearch({
        space,
        pool,
        seed,
        rungs: [1],
        proposers: [surrogate(), localMutation(), treeParzen(), regularisedEvolution()],
        allocator: gainBandit(),
      }),
  },
  {
    id: 'bandit-rungs',
    title: 'all proposers by bandit, rungs',
    rungsOf: (problem) => problem.rungs,
    create: ({ space, pool, seed, rungs }) =>
      createSearch({
        space,
        pool,
        seed,
        rungs,
        proposers: [surrogate(), localMutation(), treeParzen(), regularisedEvolution()],
        allocator: gainBandit(),
      }),
  },
];
