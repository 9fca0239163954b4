import { createHash, timingSafeEqual } from 'node:crypto';
import { AutoModelError } from '../platform/index.js';
import type { Refusal } from './refusal.js';

/** Shorter secrets could be guessed. */
export const SHORTEST_TOKEN = 16;

/** Whether only this machine reaches what listens on a host. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

interface Client {
  /** names a token without showing it, in logs and to the rate limit */
  readonly name: string;
  readonly admin: boolean;
}

/**
 * Who may ask. Tokens are kept and compared as hashes of equal length in constant time, all of them each time, so that the time to
 * an answer says nothing about any.
 * @throws CONFIG_INVALID for tokens that are too short, and for none on a host that others reach
 */
export class Access {
  private readonly known: readonly { readonly hash: Buffer; readonly client: Client }[];

  constructor(host: string, tokens: readonly string[], adminTokens: readonly string[] = []) {
    if (tokens.length === 0 && adminTokens.length > 0)
      throw new AutoModelError(
        'CONFIG_INVALID',
        'There is a token for administration and none for requests',
        {
          remedy: 'Give tokens for both, or for neither on a loopback host.',
        },
      );
    if (tokens.length === 0 && !isLoopback(host))
      throw new AutoModelError(
        'CONFIG_INVALID',
        `No token is asked for, and others can reach the host ${host}`,
        {
          remedy: 'Give tokens with --token-file or AUTOMODEL_TOKENS, or listen on 127.0.0.1.',
          details: { host },
        },
      );
    const all = new Map<string, boolean>();
    for (const token of tokens) all.set(token, adminTokens.length === 0);
    for (const token of adminTokens) all.set(token, true);
    this.known = [...all].map(([token, admin]) => {
      if (token.length < SHORTEST_TOKEN || !/^[\x21-\x7e]+$/.test(token))
        throw new AutoModelError(
          'CONFIG_INVALID',
          'A token is too short or has characters that headers cannot carry',
          {
            remedy: `Use at least ${SHORTEST_TOKEN} characters without spaces, as from: openssl rand -hex 24`,
            details: { length: token.length },
          },
        );
      const hash = digest(token);
      return { hash, client: { name: hash.toString('hex').slice(0, 12), admin } };
    });
  }

  get authenticated(): boolean {
    return this.known.length > 0;
  }

  /**
   * The client that a request comes from. Where no token is asked for, the request must have been sent to a name of this machine:
   * a page of another site could otherwise reach the server through the browser of whoever runs it (DNS rebinding).
   */
  clientOf(headers: { get(name: string): string | null }): Client | Refusal {
    if (!this.authenticated) {
      const host = (headers.get('host') ?? 'localhost').replace(/:\d+$/, '');
      if (isLoopback(host)) return { name: 'anyone', admin: true };
      return {
        status: 403,
        code: 'HOST_REFUSED',
        message: 'The request was sent to another name than this machine has',
        remedy: 'Use http://127.0.0.1, or start the server with tokens.',
      };
    }
    const given = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
    const hash = digest(given ?? '');
    let found: Client | undefined;
    for (const { hash: known, client } of this.known) if (timingSafeEqual(known, hash)) found = client;
    if (found !== undefined && given !== undefined) return found;
    return {
      status: 401,
      code: 'UNAUTHORISED',
      message: given === undefined ? 'A token is needed' : 'The token is not known',
      remedy: 'Send the header authorization: Bearer <token>.',
    };
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
