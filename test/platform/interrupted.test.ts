import { describe, expect, it } from 'vitest';
import { throwIfInterrupted } from '../../src/platform/index.js';

describe('throwIfInterrupted', () => {
  it('passes until the signal is given, then ends with INTERRUPTED and keeps the reason', () => {
    const controller = new AbortController();
    expect(() => throwIfInterrupted(controller.signal)).not.toThrow();
    const reason = new Error('Ctrl-C');
    controller.abort(reason);
    expect(() => throwIfInterrupted(controller.signal)).toThrowError(
      expect.objectContaining({ code: 'INTERRUPTED', retryable: true, cause: reason }),
    );
  });
});
