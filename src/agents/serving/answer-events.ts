import { clock, sha256 } from '../../platform/index.js';
import type { ExposureNote, RecommendRequest, RecommendResponse, ServedEvent } from '../../schema/index.js';

/** What the event log keeps of an answer: what was given to whom, and, of users who meet a variant for the first time, that they did. */
export function answerEvents(
  { atMs = clock.nowMs(), context }: RecommendRequest,
  { requestId, user, version, variants, items }: RecommendResponse,
  {
    epochs = {},
    isFirstExposure,
  }: {
    /** number of the allocation of each experiment; not logged where it is not known */
    readonly epochs?: Readonly<Record<string, number>>;
    readonly isFirstExposure: (experiment: string, user: string, variant: string) => boolean;
  },
): ServedEvent[] {
  const served: ServedEvent = {
    id: `served:${requestId}`.slice(0, 256),
    atMs,
    user,
    kind: 'served',
    requestId,
    more: {
      version,
      variants,
      items: items.map(({ item }) => item),
      propensities: items.map(({ propensity }) => propensity),
      context,
    },
  };
  const exposures = Object.entries(variants).flatMap(([experiment, variant]): ServedEvent[] => {
    if (!isFirstExposure(experiment, user, variant)) return [];
    const id = `exposure:${sha256(JSON.stringify([experiment, user, variant])).slice(0, 32)}`;
    const epoch = epochs[experiment];
    const more: ExposureNote = { experiment, variant, version, ...(epoch !== undefined && { epoch }) };
    return [{ id, atMs, user, kind: 'exposure', requestId, more }];
  });
  return [served, ...exposures];
}
