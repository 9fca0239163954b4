import { sample } from '../../space/index.js';
import type { Proposer } from '../proposer.js';

/** Uniform draws: the control that every search carries (rule 12). */
export function randomProposer(): Proposer {
  return {
    name: 'random',
    propose: ({ space, rng }) => ({ assignment: sample(space, rng) }),
  };
}
