// Keep or discard, as most agent loops do: change the best-so-far a little, keep the change when the score went up.
import { mutate, sample } from '../../dist/space/index.js';

export function hillClimbing({ strength = 0.2 } = {}) {
  return {
    name: 'hill-climbing',
    propose({ space, history, values, rng }) {
      let kept = -1;
      for (const { index } of history)
        if (values[index] === values[index] && (kept < 0 || values[index] > values[kept])) kept = index;
      if (kept < 0) return { assignment: sample(space, rng) };
      return { assignment: mutate(space, history[kept].assignment, rng, strength), parent: kept };
    },
  };
}
