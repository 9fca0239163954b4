import pino from 'pino';
import { config } from './config.js';

export type Logger = pino.Logger;

/** Structured log on stderr; stdout belongs to results. Never pass raw user ids, rows or secrets. */
export const log: Logger = pino(
  { name: 'automodel', level: config.logLevel },
  pino.destination({ fd: 2, sync: true }),
);
