import type { z } from 'zod';
import { AutoModelError } from '../../platform/index.js';
import {
  RecommendResponse,
  type Appended,
  type EventSink,
  type RecommendRequest,
  type Recommender,
  type ServedEvent,
} from '../../schema/index.js';
import { EventsResponse } from '../messages.js';
import { routes } from '../routes.js';
import { JsonConnections, type ConnectionOptions } from './json-connections.js';

/** What `POST /events` takes at once, in events and, below the server's usual limit of 1 MiB, in bytes. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 500_000;

/**
 * A server of `automodel serve` behind the ports that a pipeline in process has. Requests of one call are asked side by side, on as many
 * connections as there may be; events go one batch after the other, since their order makes the state of users.
 *
 * A server that is overloaded, or gone for a moment, is asked again after the time that it names, a bounded number of times. That is
 * safe: events count once by their id, and a request changes nothing.
 */
export class HttpRecommender implements Recommender, EventSink {
  private readonly connections: JsonConnections;

  /** @throws CONFIG_INVALID for an address or a token that cannot be one */
  constructor(options: ConnectionOptions) {
    this.connections = new JsonConnections(options);
  }

  /** Times that something was sent again because the server refused it for the moment or could not be reached. */
  get askedAgain(): number {
    return this.connections.askedAgain;
  }

  /**
   * Answers in the order of the requests. Those of one call may share a forward pass, which is for the server to decide.
   * @throws ADDRESS_UNAVAILABLE, OVERLOADED when all tries are used up; CONFIG_INVALID for a wrong token or an address where something
   *   else listens; SCHEMA_MISMATCH for an answer that is none; whatever the server says of a request that is at fault
   */
  async recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]> {
    const { path } = routes.recommend;
    return Promise.all(
      requests.map(async (request) =>
        this.read(path, RecommendResponse, await this.connections.post(path, JSON.stringify(request))),
      ),
    );
  }

  /**
   * Resolves when all of them are durable. Events that were stored although the answer was lost count as repeated. Where a batch
   * fails, those before it are stored: send all of them again.
   * @throws as `recommend`
   */
  async append(events: readonly ServedEvent[]): Promise<Appended> {
    const { path } = routes.events;
    let stored = 0;
    let repeated = 0;
    for (const body of batches(events)) {
      const answer = this.read(path, EventsResponse, await this.connections.post(path, body));
      stored += answer.stored;
      repeated += answer.repeated;
    }
    return { stored, repeated };
  }

  /** Closes its connections. */
  close(): void {
    this.connections.close();
  }

  private read<Schema extends z.ZodType>(path: string, schema: Schema, answer: unknown): z.output<Schema> {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [{ path: place, message }] = parsed.error.issues;
    const { address } = this.connections;
    throw new AutoModelError(
      'SCHEMA_MISMATCH',
      `${address}${path} gave an answer that is none: ${place.join('.') || 'the whole of it'}: ${message}`,
      {
        remedy: 'Ask a server of this version: automodel serve.',
        details: { url: address + path, member: place.join('.') },
      },
    );
  }
}

/** Bodies of `POST /events`, in the order of the events. */
function* batches(events: readonly ServedEvent[]): Generator<string> {
  let texts: string[] = [];
  let bytes = 0;
  const body = (): string => `{"events":[${texts.join(',')}]}`;
  for (const event of events) {
    const text = JSON.stringify(event);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && (texts.length === MOST_EVENTS || bytes + size > MOST_BYTES)) {
      yield body();
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += size;
  }
  if (texts.length > 0) yield body();
}
