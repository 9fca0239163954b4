import { z } from 'zod';
import { compareWithRandom, parameterEffects, type Search } from '../../search/index.js';
import type { Space } from '../../space/index.js';
import type { RunContext } from './run-context.js';

/** What the trials say about parameters and proposers, as it stands in the journal. */
export const SearchAnalysis = z.object({
  effects: z.array(
    z.object({
      parameter: z.string(),
      trials: z.number(),
      importance: z.number(),
      levels: z.array(
        z.object({
          level: z.string(),
          trials: z.number(),
          effect: z.number(),
          ci: z.tuple([z.number(), z.number()]).nullable(),
        }),
      ),
    }),
  ),
  proposers: z.array(
    z.object({
      proposer: z.string(),
      ownTrials: z.number(),
      comparedAt: z.number(),
      expectedBest: z.number(),
      randomExpectedBest: z.number(),
      difference: z.number(),
      ci: z.tuple([z.number(), z.number()]),
    }),
  ),
});
export type SearchAnalysis = z.infer<typeof SearchAnalysis>;

/** Effects beyond these are noise for a reader. */
const mostEffects = 12;

/** Records parameter effects and each proposer beside random at equal own trials (3-evidence rule 12). */
export async function analyse(context: RunContext, search: Search, space: Space): Promise<void> {
  const trials = search.history();
  const rungCount = context.settings.rungs.length;
  const effects = parameterEffects(space, trials, rungCount)
    .filter((effect) => effect.importance > 0)
    .toSorted((a, b) => b.importance - a.importance || (a.parameter < b.parameter ? -1 : 1))
    .slice(0, mostEffects);
  await context.log.record('search-analysed', {
    effects: effects.map((effect) => ({
      ...effect,
      levels: effect.levels.map((level) => ({ ...level, ci: level.ci ?? null })),
    })),
    proposers: compareWithRandom(trials, rungCount),
  });
}
