import {
  asAutoModelError,
  exitCodeOf,
  isAutoModelError,
  type ErrorCode,
  type Logger,
} from '../platform/index.js';

/** Why a request gets no answer, as its client is told. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 422 | 429 | 500 | 503 | 504;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}

/** Codes of a service that the request is to blame for. */
const faultsOfTheRequest: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'CONFIG_INVALID',
  'UNKNOWN_COLUMN',
  'SCHEMA_MISMATCH',
  'ID_OUT_OF_RANGE',
  'TIME_UNPARSABLE',
]);
/** The same, where a request names an artefact or a composition. */
const faultsOfADeployment: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...faultsOfTheRequest,
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'ARTEFACT_CORRUPT',
  'CONTRACT_MISMATCH',
  'UNKNOWN_MODEL',
]);

/**
 * What a client is told of an error that the service rejected with. What is not the client's fault is said without its message,
 * which may name paths of the server: it is in the log, under the id of the request.
 */
export function refusalOf(
  error: unknown,
  {
    requestId,
    purpose,
    log,
  }: {
    readonly requestId: string;
    readonly purpose: 'answer' | 'deploy';
    readonly log: Pick<Logger, 'error'>;
  },
): Refusal {
  const { code, message, remedy, details, retryable } = asAutoModelError(error);
  const own = purpose === 'deploy' ? faultsOfADeployment : faultsOfTheRequest;
  const known = isAutoModelError(error);
  if (known && own.has(code))
    return {
      status: purpose === 'deploy' ? 422 : 400,
      code,
      message,
      remedy: remedy ?? 'Correct the request.',
      details,
    };
  if (code === 'OVERLOADED') {
    const { retryAfterMs } = details;
    return {
      status: 503,
      code,
      message,
      remedy: remedy ?? '',
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : 1000,
    };
  }
  if (code === 'LIMIT_EXCEEDED')
    return { status: 413, code, message, remedy: remedy ?? 'Send less at once.', details };
  log.error({ request: requestId, err: error }, 'a request failed');
  const passing = retryable || exitCodeOf(error) === 5;
  return {
    status: passing ? 503 : 500,
    code: known ? code : 'INTERNAL',
    message: passing ? 'The server cannot do this now' : 'The server failed at this request',
    remedy: `The server's log says why, under request ${requestId}.`,
    ...(passing && { retryAfterMs: 1000 }),
  };
}

/** The one JSON shape of all that goes wrong. */
export function refusalBody({ code, message, remedy, details }: Refusal): string {
  return JSON.stringify({ error: { code, message, remedy, ...(details && { details }) } });
}

export function refusalHeaders({ status, retryAfterMs }: Refusal): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  };
}

export function refusalResponse(refusal: Refusal): Response {
  return new Response(refusalBody(refusal), { status: refusal.status, headers: refusalHeaders(refusal) });
}
