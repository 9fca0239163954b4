import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrialExecutor, TrialProgress } from '../../src/schema/index.js';
import { trialRequest } from './trial-request.js';

/** What every TrialExecutor does, with the handler of fixtures/handler.mjs behind it. */
export function describeExecutor(name: string, open: () => TrialExecutor): void {
  describe(`${name}: TrialExecutor conformance`, () => {
    let executor: TrialExecutor;
    beforeAll(() => {
      executor = open();
    });
    afterAll(() => executor.close());

    it('gives the outcome of the handler', async () => {
      expect(await executor.run(trialRequest('score', { seed: 71 }))).toMatchObject({
        kind: 'scored',
        validation: { auc: 0.71 },
      });
      expect(executor.concurrency).toBeGreaterThan(0);
    });

    it('gives every request its own outcome, however many wait', async () => {
      const seeds = Array.from({ length: 12 }, (_, i) => i);
      const runs = seeds.map((seed) =>
        executor.run(trialRequest('slow', { seed, assignment: { ms: 12 - seed } })),
      );
      const outcomes = await Promise.all(runs);
      expect(outcomes.map((o) => o.kind === 'scored' && o.validation['auc'])).toEqual(
        seeds.map((s) => s / 100),
      );
    });

    it('gives a repeated request the same result', async () => {
      const request = trialRequest('score', { seed: 3 });
      const metrics = async () => {
        const outcome = await executor.run(request);
        return outcome.kind === 'scored' && outcome.validation;
      };
      expect(await metrics()).toEqual(await metrics());
    });

    it('forwards progress in order', async () => {
      const seen: TrialProgress[] = [];
      await executor.run(trialRequest('progress'), { onProgress: (progress) => seen.push(progress) });
      expect(seen).toEqual([
        { done: 0.25, message: 'quarter' },
        { done: 0.75, message: 'three quarters' },
      ]);
    });

    it('turns errors into faults with their code, infrastructure for those of the environment', async () => {
      const cases = [
        { model: 'out-of-range', code: 'ID_OUT_OF_RANGE', infrastructure: false },
        { model: 'disk-full', code: 'DISK_FULL', infrastructure: true },
        { model: 'throws', code: 'INTERNAL', infrastructure: false },
      ];
      for (const { model, code, infrastructure } of cases) {
        expect(await executor.run(trialRequest(model))).toMatchObject({
          kind: 'fault',
          code,
          infrastructure,
        });
      }
    });

    it('never takes a metric that is not finite, or half an outcome, for a score', async () => {
      const cases = {
        'nan-metric': 'PREDICTIONS_INVALID',
        'infinite-metric': 'PREDICTIONS_INVALID',
        malformed: 'INTERNAL',
        nothing: 'INTERNAL',
      };
      for (const [model, code] of Object.entries(cases)) {
        expect(await executor.run(trialRequest(model)), model).toMatchObject({
          kind: 'fault',
          code,
          infrastructure: false,
        });
      }
    });

    it('refuses a malformed request as a fault that names the member', async () => {
      const outcome = await executor.run({ ...trialRequest('score'), fidelity: 2 });
      expect(outcome).toMatchObject({
        kind: 'fault',
        code: 'INTERNAL',
        message: expect.stringContaining('fidelity'),
      });
    });

    it('calls a timeout a fault of the infrastructure, never a score, and works on', async () => {
      const outcome = await executor.run(trialRequest('never'), { timeoutMs: 50 });
      expect(outcome).toMatchObject({ kind: 'fault', code: 'TRIAL_TIMEOUT', infrastructure: true });
      expect(await executor.run(trialRequest('score'))).toMatchObject({ kind: 'scored' });
    });

    it('cancels what runs, what waits and what has not begun, and works on', async () => {
      for (const model of ['never', 'cooperative']) {
        const controller = new AbortController();
        const { signal } = controller;
        const runs = Array.from({ length: 4 }, () => executor.run(trialRequest(model), { signal }));
        setTimeout(() => controller.abort(), 50);
        for (const outcome of await Promise.all(runs)) {
          expect(outcome).toMatchObject({ kind: 'fault', code: 'INTERRUPTED', infrastructure: true });
        }
        expect(await executor.run(trialRequest('score'), { signal })).toMatchObject({ code: 'INTERRUPTED' });
      }
      expect(await executor.run(trialRequest('score'))).toMatchObject({ kind: 'scored' });
    });

    it('rejects what runs and waits when closed, and everything after; closing twice is harmless', async () => {
      const closing = open();
      const runs = Array.from({ length: 4 }, () => closing.run(trialRequest('never')));
      const settled = Promise.allSettled(runs);
      await Promise.all([closing.close(), closing.close()]);
      for (const result of await settled) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'INTERRUPTED' } });
      }
      await expect(closing.run(trialRequest('score'))).rejects.toMatchObject({ code: 'INTERRUPTED' });
    });
  });
}
