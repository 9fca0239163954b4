import {
  createLiveWorld,
  InteractiveWorld,
  LiveLog,
  popularityPolicy,
  type InteractiveWorldOptions,
  type LivePolicy,
  type LiveSettings,
  type LiveWorld,
} from '../../../src/world/index.js';

/** A world that takes a few hundred milliseconds: some 7,000 impressions. */
export const smallLive: Partial<LiveSettings> = {
  users: 250,
  items: 150,
  days: 5,
  creators: 40,
  candidates: 40,
};

export function popularity({ settings }: LiveWorld): LivePolicy {
  const { items, exploration, baseClickRate } = settings;
  return popularityPolicy({ items, exploration, priorRate: baseClickRate });
}

export interface Lived {
  readonly world: LiveWorld;
  readonly service: InteractiveWorld;
  readonly log: LiveLog;
}

/** Lives through a small world, under popularity unless told otherwise, and keeps the log. */
export async function live(
  given: Partial<LiveSettings> = {},
  options: Partial<InteractiveWorldOptions> | ((world: LiveWorld) => Partial<InteractiveWorldOptions>) = {},
): Promise<Lived> {
  const world = createLiveWorld({ ...smallLive, ...given });
  const log = new LiveLog();
  const wanted = typeof options === 'function' ? options(world) : options;
  const service = new InteractiveWorld({
    world,
    arms: [{ name: 'control', recommender: popularity(world) }],
    ...wanted,
    recorders: [log, ...(wanted.recorders ?? [])],
  });
  await service.run();
  return { world, service, log };
}

/** Everything that a log holds, request by request in canonical order, as numbers. */
export function contentOf(log: LiveLog): number[] {
  const { request, impression } = log;
  const numbers: number[] = [];
  for (const row of log.order()) {
    for (const [name, column] of Object.entries(request)) if (name !== 'first') numbers.push(column[row]);
    for (let at = request.first[row]; at < request.first[row] + request.reached[row]; at += 1)
      for (const column of Object.values(impression)) numbers.push(column[at]);
  }
  return numbers;
}
