import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../platform/index.js';

/**
 * The folder of this room, as its sources are called and as they were built; frames inside it belong to the library, not
 * to a model.
 */
const roomFolders = ['src', 'dist'].map((root) => join(packageRoot, root, 'graph') + sep);

/** A captured call stack. V8 formats it only when it is read, so keeping one per node costs about a microsecond. */
export class Origin {
  private readonly trace: { stack?: string } = {};

  constructor() {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 24;
    Error.captureStackTrace(this.trace, Origin);
    Error.stackTraceLimit = limit;
  }

  /** "path/to/file.ts:line:column" of the first frame outside this room, or 'unknown'. */
  get line(): string {
    for (const frame of (this.trace.stack ?? '').split('\n').slice(1)) {
      const location = /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1];
      if (location === undefined || location.startsWith('node:')) continue;
      const path = location.startsWith('file://')
        ? fileURLToPath(location.replace(/:\d+:\d+$/, '')) + /:\d+:\d+$/.exec(location)![0]
        : location;
      if (!roomFolders.some((folder) => path.startsWith(folder))) return path;
    }
    return 'unknown';
  }
}
