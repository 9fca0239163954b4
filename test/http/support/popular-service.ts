import { AutoModelError } from '../../../src/platform/index.js';
import type {
  Appended,
  DeployRequest,
  DeployResponse,
  OnlineService,
  RankRequest,
  RankResponse,
  RecommendRequest,
  RecommendResponse,
  ServedEvent,
} from '../../../src/schema/index.js';

/** A small service that works: the items that most events were about, without those that the user has seen. */
export class PopularService implements OnlineService {
  readonly events = new Map<string, ServedEvent>();
  /** sizes of the batches that were asked for */
  readonly batches: number[] = [];
  closed = false;
  unready: string | undefined;
  version = 'popular-1';
  /** what happens before anything is answered: a delay, a fault */
  before: () => Promise<void> | void = () => {};

  async recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]> {
    this.batches.push(requests.length);
    await this.before();
    return requests.map((request) => {
      if (Object.hasOwn(request.context, 'weather'))
        throw new AutoModelError('UNKNOWN_COLUMN', 'The context names weather, which is no column', {
          remedy: 'Leave it out.',
          details: { column: 'weather' },
        });
      const counts = this.counts();
      const seen = this.seenBy(request.user);
      const items = [...(request.candidates ?? counts.keys())]
        .filter((item) => !seen.has(item) && !request.exclude.includes(item))
        .sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1))
        .slice(0, request.limit);
      return {
        requestId: request.requestId ?? 'made-by-the-service',
        user: request.user,
        version: this.version,
        variants: {},
        items: items.map((item, position) => ({
          item,
          position,
          score: counts.get(item) ?? 0,
          propensity: 1,
        })),
      };
    });
  }

  async rank({ requestId, user, items }: RankRequest): Promise<RankResponse> {
    await this.before();
    const counts = this.counts();
    return {
      requestId: requestId ?? 'made-by-the-service',
      user,
      version: this.version,
      scores: items.map((item) => ({ item, score: counts.get(item) ?? 0, known: counts.has(item) })),
    };
  }

  async append(events: readonly ServedEvent[]): Promise<Appended> {
    await this.before();
    let stored = 0;
    for (const event of events) {
      if (this.events.has(event.id)) continue;
      this.events.set(event.id, event);
      stored += 1;
    }
    return { stored, repeated: events.length - stored };
  }

  readiness(): { ready: boolean; reason?: string; version: string } {
    return { ready: this.unready === undefined, reason: this.unready, version: this.version };
  }

  gauges(): Readonly<Record<string, number>> {
    return { events: this.events.size, modelMilliseconds: 12.5 };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { item } of this.events.values())
      if (item !== undefined) counts.set(item, (counts.get(item) ?? 0) + 1);
    return counts;
  }

  private seenBy(user: string): Set<string | undefined> {
    return new Set([...this.events.values()].filter((event) => event.user === user).map(({ item }) => item));
  }
}

/** The same, with versions that can be changed. */
export class DeployableService extends PopularService {
  async deploy({ artefact = 'popular-1' }: DeployRequest): Promise<DeployResponse> {
    if (!artefact.startsWith('popular'))
      throw new AutoModelError('FILE_NOT_FOUND', `There is no artefact ${artefact}`, {
        remedy: 'Name another.',
      });
    const previous = this.version;
    this.version = artefact;
    return { version: artefact, previous };
  }
}
