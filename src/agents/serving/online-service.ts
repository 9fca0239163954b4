import { AutoModelError, clock, sha256 } from '../../platform/index.js';
import {
  serverEventKinds,
  type Appended,
  type OnlineService,
  type RankRequest,
  type RankResponse,
  type RecommendRequest,
  type RecommendResponse,
  type ServedEvent,
} from '../../schema/index.js';
import { LiveVersions, type Lease, type ServingStore } from '../../serving/index.js';
import type { RawRow } from '../../data/index.js';
import { answerEvents } from './answer-events.js';
import type { AssignVariants, Assignment, DeployableService, Deployment } from './deployable-service.js';
import { HeldItems } from './held-items.js';
import { knownItems, recommendResponse } from './recommend-response.js';
import type { LiveNeighbours } from './live-neighbours.js';
import type { ServedLog } from './served-log.js';
import type { VersionRequest } from './ranking.js';
import type { PreparedVersion, ServedVersion, VersionDescription } from './served-version.js';

export interface ServiceParts {
  readonly store: ServingStore;
  readonly versions: LiveVersions<ServedVersion>;
  readonly neighbours: Pick<LiveNeighbours, 'settled' | 'close'>;
  readonly log: ServedLog;
  /** columns that the context of a request may name; undefined: any */
  readonly contextColumns: ReadonlySet<string>;
  /** values of columns that are the same for every request which does not name them */
  readonly context: RawRow;
  readonly load: (deployment: Deployment) => Promise<PreparedVersion>;
  readonly assign: AssignVariants | undefined;
  /** called when everything is closed */
  readonly release: () => void;
}

const nobody: Assignment = { variants: {} };

/** Catalogue, users, pipelines, models and event log as one service. See `openOnlineService`. */
export class LocalOnlineService implements DeployableService {
  private readonly began = sha256(`${clock.nowMs()} ${process.pid} ${clock.monotonicMs()}`).slice(0, 12);
  private made = 0;
  private requests = 0;
  private failures = 0;
  private withoutVersion = 0;
  private recallMs = 0;
  private rerankMs = 0;
  private finishedComputeMs = 0;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly held = new HeldItems();
  private assign: AssignVariants | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: ServiceParts) {
    this.assign = parts.assign;
  }

  recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]> {
    // All are recalled and encoded at once; the model works on one while the next is made ready.
    return this.followed(Promise.all(requests.map((request) => this.answer(request))));
  }

  rank(request: RankRequest): Promise<RankResponse> {
    return this.followed(this.ranked(request));
  }

  /** @throws USAGE for an event of a kind that the service writes itself */
  async append(events: readonly ServedEvent[]): Promise<Appended> {
    const own = events.find(({ kind }) => (serverEventKinds as readonly string[]).includes(kind));
    if (own !== undefined)
      throw new AutoModelError('USAGE', `Events of kind ${own.kind} are written by the service itself`, {
        remedy: 'Send what users did: impression, click, like, ...',
        details: { event: own.id, kind: own.kind },
      });
    return this.followed(this.parts.store.append(events));
  }

  readiness(): ReturnType<OnlineService['readiness']> {
    const version = this.parts.versions.default;
    if (this.closing !== undefined) return { ready: false, reason: 'closing', version: version ?? '' };
    if (version === undefined) return { ready: false, reason: 'no version is live', version: '' };
    const { instances, threads } = this.parts.versions.get(version);
    return threads.lost < instances
      ? { ready: true, version }
      : { ready: false, reason: 'the threads of the model ended and are being opened again', version };
  }

  gauges(): Readonly<Record<string, number>> {
    const { store, versions, log } = this.parts;
    const live = versions.all();
    const sum = (of: (version: ServedVersion) => number): number =>
      live.reduce((total, one) => total + of(one), 0);
    return {
      users: store.state.users,
      items: store.state.catalogue.size,
      events: store.log.events,
      versions: live.length,
      model_bytes: sum(({ modelBytes }) => modelBytes),
      item_bytes: sum(({ itemBytes }) => itemBytes),
      state_bytes: store.bytes,
      requests: this.requests,
      requests_failed: this.failures,
      requests_under_way: this.underWay.size,
      requests_whose_version_was_gone: this.withoutVersion,
      candidates_scored: sum(({ scored }) => scored),
      recall_ms: this.recallMs,
      rank_ms: sum(({ rankMs }) => rankMs),
      rerank_ms: this.rerankMs,
      model_instances: this.instances,
      model_threads_lost: sum(({ threads }) => threads.lost),
      model_threads_reopened: sum(({ threads }) => threads.reopened),
      model_ms: this.finishedComputeMs + sum((version) => version.computeMs()),
      answers_not_logged: log.lost,
      events_replayed_at_start: store.recovery.replayed,
    };
  }

  get instances(): number {
    return Math.max(0, ...this.parts.versions.all().map(({ instances }) => instances));
  }

  versions(): readonly string[] {
    return this.parts.versions.names;
  }

  describe(version: string): VersionDescription {
    const lease = this.parts.versions.acquire(version);
    const { composition, instances, modelBytes, itemBytes } = lease.version;
    lease.release();
    return { composition, instances, modelBytes, itemBytes, stateBytes: this.parts.store.bytes };
  }

  assignBy(assign: AssignVariants | undefined): void {
    this.assign = assign;
  }

  async deploy(deployment: Deployment = {}): Promise<string> {
    const { versions, load } = this.parts;
    const { name, load: open, loaded } = await load(deployment);
    const live = await versions.add(name, open);
    if (loaded !== undefined && live !== loaded) await loaded.close();
    if (deployment.makeDefault ?? true) {
      const before = versions.default;
      versions.makeDefault(name);
      if (before !== undefined && before !== name && deployment.keepOld !== true) this.leave(before);
    }
    return name;
  }

  async retire(version: string): Promise<void> {
    await this.parts.versions.retire(version);
  }

  async snapshot(): Promise<void> {
    const { store, neighbours } = this.parts;
    await store.snapshot();
    await neighbours.settled();
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { log, versions, neighbours, store, release } = this.parts;
    try {
      await Promise.allSettled(this.underWay);
      await versions.close();
      await log.flush();
      await neighbours.close();
      await store.close();
    } finally {
      release();
    }
  }

  /** A version leaves behind the requests that it still answers. */
  private leave(name: string): void {
    const { versions } = this.parts;
    const version = versions.get(name);
    versions.retire(name).then(
      () => void (this.finishedComputeMs += version.computeMs()),
      () => void (this.failures += 1),
    );
  }

  private async followed<T>(work: Promise<T>): Promise<T> {
    this.underWay.add(work);
    try {
      return await work;
    } catch (error) {
      this.failures += 1;
      throw error;
    } finally {
      this.underWay.delete(work);
    }
  }

  private async answer(request: RecommendRequest): Promise<RecommendResponse> {
    this.requests += 1;
    const { assignment, lease } = this.assigned(request);
    try {
      const { state } = this.parts.store;
      const requestId = request.requestId ?? this.newId();
      const given = request.candidates && knownItems(request.candidates, state.catalogue);
      const recommended = await lease.version.recommend(
        this.versionRequest({ ...request, requestId }),
        request.limit,
        given,
      );
      const answeredBy = { requestId, version: lease.version.name, variants: assignment.variants };
      const response = recommendResponse(request, recommended, state.catalogue, answeredBy);
      this.log(request, response, assignment);
      this.recallMs += recommended.elapsedMs.recall;
      this.rerankMs += recommended.elapsedMs.rerank;
      return response;
    } finally {
      lease.release();
    }
  }

  private async ranked(request: RankRequest): Promise<RankResponse> {
    const lease = this.parts.versions.acquire();
    try {
      const { catalogue } = this.parts.store.state;
      const requestId = request.requestId ?? this.newId();
      const items = request.items.map((id) => catalogue.indexOf(id));
      const isKnown = items.map((item) => item !== undefined && catalogue.isThere(item));
      const scores = await lease.version.rank(
        this.versionRequest({ ...request, requestId, exclude: [] }),
        items,
      );
      return {
        requestId,
        user: request.user,
        version: lease.version.name,
        scores: request.items.map((item, i) => ({ item, score: scores[i], known: isKnown[i] })),
      };
    } finally {
      lease.release();
    }
  }

  /** An experiment that asks for a version which is gone does not hold the request: the default one answers, for nobody's arm. */
  private assigned(request: RecommendRequest): {
    readonly assignment: Assignment;
    readonly lease: Lease<ServedVersion>;
  } {
    const { versions } = this.parts;
    const assignment = this.assign?.(request) ?? nobody;
    const { version } = assignment;
    if (version === undefined || versions.has(version))
      return { assignment, lease: versions.acquire(version) };
    this.withoutVersion += 1;
    return { assignment: nobody, lease: versions.acquire() };
  }

  private versionRequest(
    request: Pick<RecommendRequest, 'user' | 'atMs' | 'context' | 'exclude'> & { readonly requestId: string },
  ): VersionRequest {
    const { store, contextColumns, context: constants } = this.parts;
    const { state } = store;
    const { user, exclude, context, requestId } = request;
    const strange = Object.keys(context).find((column) => !contextColumns.has(column));
    if (strange !== undefined)
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `The context has ${JSON.stringify(strange)}, which is no column of events or users`,
        {
          remedy: `Name some of: ${[...contextColumns].slice(0, 40).join(', ')}.`,
          details: { column: strange },
        },
      );
    const nowMs = request.atMs ?? clock.nowMs();
    const record = state.userRecord(user);
    return {
      requestId,
      nowMs,
      history: state.histories.of(user),
      isAllowed: this.held.filter(state.catalogue, state.seenBy(user), exclude),
      raw: { user, record, context: { ...constants, ...context }, atMs: nowMs },
    };
  }

  private log(request: RecommendRequest, response: RecommendResponse, { epochs }: Assignment): void {
    const { store, log } = this.parts;
    const isFirstExposure = store.isFirstExposure.bind(store);
    for (const event of answerEvents(request, response, { epochs, isFirstExposure })) log.note(event);
  }

  private newId(): string {
    this.made += 1;
    return `${this.began}-${this.made}`;
  }
}
