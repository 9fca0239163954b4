import pino from 'pino';
import { config } from './config.js';

export type Logger = pino.Logger;

/** A log cannot refuse to start: a wrong level is the default one here, and commands refuse it by name. */
function level(): string {
  try {
    return config.logLevel;
  } catch {
    return 'warn';
  }
}

/** Structured log on stderr; stdout belongs to results. Never pass raw user ids, rows or secrets. */
export const log: Logger = pino(
  { name: 'automodel', level: level() },
  pino.destination({ fd: 2, sync: true }),
);
