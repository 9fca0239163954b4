import { Access } from '../../../src/http/access.js';
import { createApp, type AppOptions } from '../../../src/http/app.js';
import type { OnlineService } from '../../../src/schema/index.js';

export const token = 'a-token-of-some-length';
export const adminToken = 'an-admin-token-as-long';

export type Ask = (
  path: string,
  body?: unknown,
  changes?: {
    readonly headers?: Record<string, string>;
    readonly method?: string;
    readonly address?: string;
  },
) => Promise<Response>;

export interface OpenedApp {
  /** asks with the token unless other headers are given; text goes as it is, everything else as JSON */
  readonly ask: Ask;
  /** errors that the server logged, with the request that each is of: they are kept here and printed nowhere */
  readonly logged: readonly { readonly request?: string; readonly err?: unknown }[];
}

/** The routes over a service, asked without a socket. */
export function openApp(
  service: OnlineService,
  changes: Partial<AppOptions> & {
    readonly tokens?: readonly string[];
    readonly adminTokens?: readonly string[];
  } = {},
): OpenedApp {
  const { tokens = [token], adminTokens = [], ...others } = changes;
  const logged: { request?: string; err?: unknown }[] = [];
  const log = {
    info: () => undefined,
    error: (entry: unknown) => void logged.push(entry as (typeof logged)[number]),
  };
  const app = createApp(service, {
    access: new Access('127.0.0.1', tokens, adminTokens),
    ratePerSecond: 0,
    bodyBytes: 4096,
    answerMs: 2000,
    admission: { concurrency: 2, batch: 4, queue: 8, deadlineMs: 1000 },
    closing: () => false,
    processMetrics: false,
    log: log as unknown as NonNullable<AppOptions['log']>,
    ...others,
  });
  return {
    logged,
    ask: async (path, body, { headers, method, address = '10.0.0.1' } = {}) =>
      app.request(
        path,
        {
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
        { incoming: { socket: { remoteAddress: address } } },
      ),
  };
}

/** Waits for what other turns of the event loop bring about. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Whether /metrics has a line. */
export async function hasMetric(ask: Ask, line: string): Promise<boolean> {
  return (await (await ask('/metrics')).text()).split('\n').includes(line);
}

export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly details: Record<string, unknown> | undefined;
  /** that a body was refused for */
  readonly members: readonly string[];
}

/** The error that an answer carries; anything but the one shape is a failure of the test. */
export async function refusalIn(response: Response): Promise<Refused> {
  const { error, ...rest } = (await response.json()) as { error: Omit<Refused, 'status' | 'members'> };
  if (
    Object.keys(rest).length > 0 ||
    typeof error.code !== 'string' ||
    error.message === '' ||
    error.remedy === ''
  )
    throw new Error(`not the shape of errors: ${JSON.stringify({ error, ...rest })}`);
  const issues = (error.details?.['issues'] ?? []) as readonly { readonly member: string }[];
  return { ...error, status: response.status, members: issues.map(({ member }) => member) };
}
