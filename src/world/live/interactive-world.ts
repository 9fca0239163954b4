import { AutoModelError } from '../../platform/index.js';
import type { EventSink, Recommender } from '../../schema/index.js';
import { secondsPerDay } from '../calendar.js';
import type { LivePolicy } from '../policies/live-policy.js';
import { PolicyServer } from '../policies/policy-server.js';
import { EventOutbox } from './event-outbox.js';
import { idOf } from './ids.js';
import { bornBy, type LiveWorld } from './live-world.js';
import { Names } from './names.js';
import { PagePlayer, type Delivery } from './page-player.js';
import { PageRecord, type Recorder } from './page-record.js';
import { RecommenderServer } from './recommender-server.js';
import { ReportedFeedback } from './reported-feedback.js';
import { RequestBatch } from './request-batch.js';
import type { SlateServer } from './slate-server.js';
import { TickQueue } from './tick-queue.js';
import { UserStates } from './user-states.js';

/** One way of serving. */
export interface WorldArm {
  readonly name: string;
  /** a policy of this room is served by integer ids; anything else is asked in its own words */
  readonly recommender: Recommender | LivePolicy;
  /** what a page takes, in simulated time; 0 when left out */
  readonly latencyMs?: number;
  /** share of pages of which nothing is ever reported; 0 when left out */
  readonly dropShare?: number;
  /** is told of this arm's own pages, and of all pages of warm-up */
  readonly sink?: EventSink;
  /** whether requests name their candidates (the default), or the recommender recalls from what it knows */
  readonly candidates?: 'drawn' | 'open';
}

/** Name of the arm that serves a user from now on. Asked at every request of a logged day, so it may change with time. */
export type Assign = (user: string, atMs: number) => string;

export interface InteractiveWorldOptions {
  /** who lives there; see createLiveWorld */
  readonly world: LiveWorld;
  /** the first one serves the days of warm-up, and everybody where nothing is assigned */
  readonly arms: readonly WorldArm[];
  readonly assign?: Assign;
  /** is told of all pages */
  readonly sink?: EventSink;
  readonly recorders?: readonly Recorder[];
  /** most requests of one call of a server; changes nothing else */
  readonly batchSize?: number;
}

interface ServedArm {
  readonly code: number;
  readonly server: SlateServer;
  readonly delivery: Delivery;
  readonly feedback: ReportedFeedback;
  readonly outbox?: EventOutbox;
  /** users of the round in hand */
  readonly due: number[];
}

/**
 * A simulated service that any Recommender can serve. A clock runs through the days tick by tick: requests that fall into one tick
 * are answered together, and what users then did is reported from the end of the tick on. Everything is a function of the settings, the
 * recommenders and the assignment; neither the batch size nor the wall clock shows.
 */
export class InteractiveWorld {
  readonly world: LiveWorld;
  readonly armNames = new Names();
  readonly versionNames = new Names();
  private readonly states: UserStates;
  private readonly queue: TickQueue;
  private readonly player: PagePlayer;
  private readonly page: PageRecord;
  private readonly batch: RequestBatch;
  private readonly arms: readonly ServedArm[];
  private readonly armOf: ReadonlyMap<string, ServedArm>;
  private readonly outboxes: readonly EventOutbox[];
  private readonly beginSecond: number;
  private readonly ticksPerDay: number;
  private tick = 0;

  constructor(private readonly options: InteractiveWorldOptions) {
    const { world } = options;
    const { settings } = world;
    const { startSecond, warmupDays, days, tickSeconds, slateSize, candidates } = settings;
    this.world = world;
    this.beginSecond = startSecond - warmupDays * secondsPerDay;
    this.ticksPerDay = secondsPerDay / tickSeconds;
    this.states = new UserStates(settings.users, world.topics.count);
    this.queue = new TickQueue((warmupDays + days) * this.ticksPerDay, settings.users);
    this.player = new PagePlayer(world, this.states);
    this.page = new PageRecord(slateSize);
    const batchSize = options.batchSize ?? 256;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw configFault(`batchSize must be a positive integer, but is ${batchSize}`, { batchSize });
    this.batch = new RequestBatch(batchSize, slateSize, Math.min(candidates, settings.items));
    if (options.arms.length === 0) throw configFault('A world needs at least one arm', {});
    this.arms = options.arms.map((arm) => this.serve(arm));
    this.armOf = new Map(this.arms.map((arm, n) => [options.arms[n].name, arm]));
    if (this.armOf.size < this.arms.length)
      throw configFault('Two arms of a world have one name', { arms: options.arms.map(({ name }) => name) });
    const own = this.arms.flatMap(({ outbox }) => (outbox === undefined ? [] : [outbox]));
    this.outboxes =
      options.sink === undefined
        ? own
        : [new EventOutbox(options.sink, this.beginSecond, tickSeconds), ...own];
    for (let user = 0; user < settings.users; user += 1) {
      this.states.nextSecond[user] = this.player.firstSecond(user);
      this.schedule(user);
    }
  }

  /** First logged day that has not been lived through; negative during warm-up. */
  get day(): number {
    return Math.floor(this.tick / this.ticksPerDay) - this.world.settings.warmupDays;
  }

  /** Lives on until a logged day begins. Reports that are due by then have been handed over. */
  async advanceTo(day: number): Promise<void> {
    const { warmupDays, days } = this.world.settings;
    const end = (Math.min(day, days) + warmupDays) * this.ticksPerDay;
    for (; this.tick < end; this.tick += 1) {
      if (this.tick % this.ticksPerDay === 0) this.startDay();
      for (;;) {
        const due = this.queue.take(this.tick, this.states.nextSecond);
        if (due.length === 0) break;
        await this.serveRound(due);
      }
      for (const outbox of this.outboxes) await outbox.deliver(this.tick);
    }
  }

  /** Lives through all days. */
  async run(): Promise<void> {
    await this.advanceTo(this.world.settings.days);
  }

  private serve(arm: WorldArm): ServedArm {
    const { users, items, tickSeconds } = this.world.settings;
    const { recommender, latencyMs = 0, dropShare = 0, candidates = 'drawn', sink } = arm;
    if (!(latencyMs >= 0 && latencyMs < Infinity) || !(dropShare >= 0 && dropShare <= 1))
      throw configFault(`Arm ${arm.name} needs a latency of at least 0 and a dropped share in [0, 1]`, {
        latencyMs,
        dropShare,
      });
    const server: SlateServer =
      'choose' in recommender
        ? new PolicyServer(recommender, this.versionNames)
        : new RecommenderServer({
            recommender,
            users,
            items,
            versions: this.versionNames,
            arms: this.armNames,
            candidates,
            bornBy: (second) => bornBy(this.world, second),
          });
    return {
      code: this.armNames.code(arm.name),
      server,
      delivery: { latencyMs, dropShare },
      feedback: new ReportedFeedback(items, this.beginSecond + secondsPerDay),
      due: [],
      ...(sink === undefined ? {} : { outbox: new EventOutbox(sink, this.beginSecond, tickSeconds) }),
    };
  }

  private startDay(): void {
    for (const { server, feedback } of this.arms) {
      if (server.startDay === undefined) continue;
      server.startDay(feedback.counts);
      if (this.tick > 0) feedback.passMidnight();
    }
  }

  private async serveRound(due: Int32Array): Promise<void> {
    for (const user of due) this.assigned(user).due.push(user);
    for (const arm of this.arms) {
      for (let from = 0; from < arm.due.length; from += this.batch.capacity) {
        const { batch } = this;
        batch.count = Math.min(batch.capacity, arm.due.length - from);
        for (let n = 0; n < batch.count; n += 1) {
          this.player.ask(arm.due[from + n], batch, n);
          batch.arm[n] = arm.code;
        }
        const answered = arm.server.serve(batch);
        if (answered !== undefined) await answered;
        for (let n = 0; n < batch.count; n += 1) this.answer(arm, n);
      }
      arm.due.length = 0;
    }
  }

  private answer(arm: ServedArm, n: number): void {
    const { batch, page } = this;
    this.player.answer(batch, n, arm.delivery, page);
    // Before the first logged day there is one log, which every arm may learn from.
    for (const taught of page.day < 0 ? this.arms : [arm]) {
      if (taught.server.startDay !== undefined) taught.feedback.add(page);
      taught.outbox?.add(page);
    }
    if (this.options.sink !== undefined) this.outboxes[0].add(page);
    for (const recorder of this.options.recorders ?? []) recorder.record(page);
    this.schedule(page.user);
  }

  private assigned(user: number): ServedArm {
    const { assign } = this.options;
    const second = this.states.nextSecond[user];
    if (assign === undefined || second < this.world.settings.startSecond) return this.arms[0];
    const name = assign(idOf(user), second * 1000);
    const arm = this.armOf.get(name);
    if (arm === undefined)
      throw configFault(`User ${idOf(user)} was assigned to "${name}", which is no arm of this world`, {
        user: idOf(user),
        arms: [...this.armOf.keys()],
      });
    return arm;
  }

  private schedule(user: number): void {
    const tick = Math.floor(
      (this.states.nextSecond[user] - this.beginSecond) / this.world.settings.tickSeconds,
    );
    const { warmupDays, days } = this.world.settings;
    if (tick < (warmupDays + days) * this.ticksPerDay) this.queue.put(tick, user);
  }
}

function configFault(message: string, details: Readonly<Record<string, unknown>>): AutoModelError {
  return new AutoModelError('CONFIG_INVALID', message, { details });
}
