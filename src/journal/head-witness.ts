import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { log, sha256 } from '../platform/index.js';

const digits = 16;
const checkDigits = 8;

function lineOf(seq: number): string {
  const number = String(seq).padStart(digits, '0');
  return `${number} ${sha256(number).slice(0, checkDigits)}\n`;
}

/**
 * The number of the last event that is on disk, in a small file beside the journal. SQLite takes a damaged or missing
 * write-ahead log for one that was being written when the machine stopped, and drops its tail without a word; by this
 * number the loss is seen. It is written after the event and is not synced, so it costs microseconds: the death of a
 * process loses nothing of it, and a power cut may leave it behind the journal but never ahead. So it raises no false alarm.
 */
export class HeadWitness {
  private constructor(private readonly descriptor: number | undefined) {}

  /** For the writer; where it may not be written, the journal goes on without. */
  static open(path: string): HeadWitness {
    try {
      return new HeadWitness(openSync(path, constants.O_RDWR | constants.O_CREAT));
    } catch (cause) {
      log.warn({ path, cause: (cause as Error).message }, 'no witness of the journal is kept');
      return new HeadWitness(undefined);
    }
  }

  /** What was written last; undefined where nothing was, or nothing that can be read. */
  static read(path: string): number | undefined {
    try {
      const line = readFileSync(path, 'latin1');
      const seq = Number(line.slice(0, digits));
      return Number.isSafeInteger(seq) && line === lineOf(seq) ? seq : undefined;
    } catch {
      return undefined;
    }
  }

  write(seq: number): void {
    if (this.descriptor === undefined) return;
    try {
      writeSync(this.descriptor, lineOf(seq), 0, 'latin1');
    } catch (cause) {
      log.warn({ seq, cause: (cause as Error).message }, 'the witness of the journal stays behind');
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}

/** Where the witness of a journal lies. */
export function witnessPath(journalPath: string): string {
  return `${journalPath}-head`;
}
