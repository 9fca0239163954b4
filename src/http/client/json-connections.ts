import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { AutoModelError } from '../../platform/index.js';
import { faultOf, gaveNoAnswer, type Answer } from './fault-of-answer.js';

export interface ConnectionOptions {
  /** where the server listens, as http://127.0.0.1:8080; a path in it comes before those of the routes */
  readonly url: string;
  /** one of the server's tokens */
  readonly token?: string;
  /** requests under way at once, each on a connection that is kept; default 16 */
  readonly connections?: number;
  /** time of one try, from sending to the end of the answer; default 10,000 */
  readonly timeoutMs?: number;
  /** times that one request is sent at most; default 5 */
  readonly tries?: number;
  /** a server that wants to be left alone for longer is given up; default 60,000 */
  readonly longestWaitMs?: number;
  /** waits between tries; of tests */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Before the second try, where the server names no time; doubled for each further one. */
const FIRST_WAIT_MS = 100;

/** Sends JSON and gets JSON from one server, over connections that are kept, again where a fault may pass. */
export class JsonConnections {
  /** without secrets and without a slash at its end */
  readonly address: string;
  askedAgain = 0;
  private readonly url: URL;
  private readonly agent: HttpAgent;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly most: number;
  private readonly timeoutMs: number;
  private readonly tries: number;
  private readonly longestWaitMs: number;
  private readonly pause: (ms: number) => Promise<unknown>;
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws CONFIG_INVALID */
  constructor(options: ConnectionOptions) {
    this.url = addressOf(options.url);
    this.address = `${this.url.origin}${this.url.pathname.replace(/\/+$/, '')}`;
    this.most = atLeastOne('connections', options.connections ?? 16);
    this.timeoutMs = atLeastOne('timeoutMs', options.timeoutMs ?? 10_000);
    this.tries = atLeastOne('tries', options.tries ?? 5);
    this.longestWaitMs = options.longestWaitMs ?? 60_000;
    this.pause = options.pause ?? pause;
    this.headers = { 'content-type': 'application/json', ...authorisation(options.token) };
    const kept = { keepAlive: true, maxSockets: this.most };
    this.agent = this.url.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  }

  /** @param body JSON as text. @returns the JSON of an answer with status 200. @throws see `HttpRecommender` */
  async post(path: string, body: string): Promise<unknown> {
    // What waits for a connection must not use up the time that the server has.
    await this.turn();
    try {
      for (let attempt = 1; ; attempt += 1) {
        const { value, fault } = await this.once(path, body, attempt);
        if (fault === undefined) return value;
        const named = fault.details['retryAfterMs'];
        const waitMs = typeof named === 'number' ? named : FIRST_WAIT_MS * 2 ** (attempt - 1);
        if (!fault.retryable || attempt >= this.tries || waitMs > this.longestWaitMs) throw fault;
        this.askedAgain += 1;
        await this.pause(waitMs);
      }
    } finally {
      this.underWay -= 1;
      this.waiting.shift()?.();
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private async turn(): Promise<void> {
    while (this.underWay >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.underWay += 1;
  }

  private async once(
    path: string,
    body: string,
    attempt: number,
  ): Promise<{ readonly value?: unknown; readonly fault?: AutoModelError }> {
    const where = { address: this.address, path, tries: attempt };
    let answer: Answer;
    try {
      answer = await this.send(path, body);
    } catch (cause) {
      return { fault: gaveNoAnswer(cause as NodeJS.ErrnoException, { ...where, timeoutMs: this.timeoutMs }) };
    }
    const fault = faultOf(answer, where);
    return fault === undefined ? { value: answer.value } : { fault };
  }

  private send(path: string, body: string): Promise<Answer> {
    const { agent, url, address, timeoutMs } = this;
    const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = ask(
        address + path,
        {
          method: 'POST',
          agent,
          headers: { ...this.headers, 'content-length': Buffer.byteLength(body) },
          signal: AbortSignal.timeout(timeoutMs),
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            const retryAfter = incoming.headers['retry-after'];
            resolve({ status: incoming.statusCode ?? 0, retryAfter, ...jsonOf(text) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function jsonOf(text: string): { readonly value?: unknown } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return {};
  }
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new AutoModelError('CONFIG_INVALID', `${JSON.stringify(text)} is no address of a server`, {
    remedy: 'Give it as http://127.0.0.1:8080, as automodel serve prints it.',
    details: { url: text },
  });
}

function authorisation(token: string | undefined): Record<string, string> {
  if (token === undefined) return {};
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` };
  throw new AutoModelError('CONFIG_INVALID', 'The token has characters that headers cannot carry', {
    remedy: 'Give a token as the server has it, without spaces and line ends.',
  });
}

function atLeastOne(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new AutoModelError('CONFIG_INVALID', `${name} is a whole number from 1, not ${value}`, {
    remedy: `Leave ${name} out for its default.`,
    details: { [name]: value },
  });
}
