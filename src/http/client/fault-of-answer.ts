import { AutoModelError, isErrorCode } from '../../platform/index.js';
import { ErrorAnswer } from '../messages.js';

/** What came back for a request. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** of a body that is JSON */
  readonly value?: unknown;
}

export interface Asked {
  readonly address: string;
  readonly path: string;
  /** times that it was asked until now */
  readonly tries: number;
}

/** Of the server or of a proxy before it: what may pass when it is asked again. */
const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Why an answer is none; undefined for one that is. Names the address, what the server said, and what to do. */
export function faultOf(
  { status, retryAfter, value }: Answer,
  { address, path, tries }: Asked,
): AutoModelError | undefined {
  if (status === 200 && value !== undefined) return undefined;
  const url = address + path;
  const said = ErrorAnswer.safeParse(value).data?.error;
  const details = { ...said?.details, url, status, ...(said !== undefined && { said: said.code }) };
  if (passing.has(status))
    return new AutoModelError(
      'OVERLOADED',
      `${url} refuses for the moment (${status}${often(tries)}): ${said?.message ?? 'without a reason'}`,
      {
        remedy:
          status === 429
            ? 'Ask on fewer connections, or raise its --rate.'
            : 'Ask on fewer connections, or let more wait: --deadline-ms and --queue of automodel serve. GET /ready says whether it can answer at all.',
        retryable: true,
        details: { ...details, ...waitOf(retryAfter) },
      },
    );
  if (said === undefined)
    return new AutoModelError('CONFIG_INVALID', `${url} answers ${status} and is no AutoModel server`, {
      remedy: 'Give the address that automodel serve prints; GET /health answers there.',
      details,
    });
  const remedy =
    status === 401
      ? 'Give one of the tokens of the server (its --token-file or AUTOMODEL_TOKENS).'
      : said.remedy;
  const message = `${url} answers ${status} (${said.code}): ${said.message}`;
  return new AutoModelError(codeOf(status, said.code), message, { remedy, details });
}

/** The fault of a try that ended without an answer. */
export function gaveNoAnswer(
  cause: NodeJS.ErrnoException,
  { address, path, tries, timeoutMs }: Asked & { readonly timeoutMs: number },
): AutoModelError {
  const late = cause.name === 'AbortError' || cause.name === 'TimeoutError';
  const why = late ? `within ${timeoutMs} ms` : `: ${cause.message || (cause.code ?? 'it closed')}`;
  return new AutoModelError(
    'ADDRESS_UNAVAILABLE',
    `${address}${path} gives no answer${late ? ' ' : ''}${why}${often(tries)}`,
    {
      remedy: late
        ? 'Wait longer (timeoutMs), or see what keeps it busy: GET /metrics.'
        : 'Start it with automodel serve, or give the address where it listens.',
      retryable: true,
      details: { url: address + path, systemCode: cause.code },
      cause,
    },
  );
}

const often = (tries: number): string => (tries === 1 ? '' : `, tried ${tries} times`);

function codeOf(status: number, said: string): AutoModelError['code'] {
  if (isErrorCode(said)) return said;
  if (status === 401 || status === 403) return 'CONFIG_INVALID';
  if (status === 413) return 'LIMIT_EXCEEDED';
  return status >= 500 ? 'INTERNAL' : 'USAGE';
}

/** Seconds are what our server names; a date, which HTTP allows too, leaves the time to the client. */
function waitOf(retryAfter: string | undefined): { readonly retryAfterMs?: number } {
  return retryAfter !== undefined && /^\d+$/.test(retryAfter)
    ? { retryAfterMs: 1000 * Number(retryAfter) }
    : {};
}
