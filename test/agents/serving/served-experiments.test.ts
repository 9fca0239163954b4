import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/agents/serving/deployable-service.js';
import { ServedExperiments } from '../../../src/agents/serving/served-experiments.js';
import { AutoModelError } from '../../../src/platform/index.js';
import {
  ExperimentRecord,
  type ArmChange,
  type ExperimentState,
  type Warning,
} from '../../../src/schema/index.js';

function running(id: string, change: ArmChange): ExperimentState {
  const record = ExperimentRecord.parse({
    id,
    hypothesis: 'it is better',
    holds: { parameters: ['model'] },
    treatments: [{ name: 'treatment', change }],
    metrics: [{ name: 'click', role: 'success' }],
  });
  return {
    record,
    status: 'running',
    step: 0,
    epochs: [{ share: 0.5, fromMs: 0, toMs: null }],
    looks: [],
    overrides: {},
    ended: null,
  };
}

/** Every user of even length gets the treatment of every experiment. */
function scene(states: ExperimentState[]) {
  const live = new Set(['v0']);
  const warnings: Warning[] = [];
  const failing = new Set<string>();
  const service = {
    deploy: async ({ artefact: name = '' }: Deployment = {}) => {
      if (failing.has(name)) throw new AutoModelError('ARTEFACT_CORRUPT', `${name} is broken`);
      live.add(`v-${name}`);
      return `v-${name}`;
    },
    retire: async (version: string) => {
      if (version === 'v-default') throw new AutoModelError('USAGE', 'it is the default one');
      live.delete(version);
    },
    versions: () => [...live],
  };
  const reader = {
    poll: async () => true,
    running: () => states,
    variantsOf: (unit: string) =>
      states.map(({ record }) => {
        const { name, change } = unit.length % 2 === 0 ? record.treatments[0] : record.control;
        return { experiment: record.id, variant: name, epoch: 3, forced: false, change };
      }),
  };
  const deploymentOf = (change: ArmChange): Deployment | undefined => {
    if (change.kind === 'pipeline')
      throw new AutoModelError('PATH_OUTSIDE_PROJECT', `${change.pipeline} is outside`);
    return change.kind === 'artefact' ? { artefact: change.artefact } : undefined;
  };
  const warn = (warning: Warning): void => void warnings.push(warning);
  const experiments = new ServedExperiments(service, reader, deploymentOf, warn);
  return { states, live, warnings, failing, experiments };
}

const artefact = (name: string): ArmChange => ({ kind: 'artefact', artefact: name });

describe('ServedExperiments', () => {
  it('loads what arms are made of, assigns it, and takes it out when nobody needs it', async () => {
    const { experiments, live, ...rest } = scene([running('a', artefact('one'))]);
    expect(experiments.assign({ user: 'even' })).toEqual({ variants: {}, epochs: {} });
    await experiments.follow();
    expect([...live]).toEqual(['v0', 'v-one']);
    expect(experiments.assign({ user: 'even' })).toEqual({
      variants: { a: 'treatment' },
      epochs: { a: 3 },
      version: 'v-one',
    });
    expect(experiments.assign({ user: 'odd' })).toEqual({ variants: { a: 'control' }, epochs: { a: 3 } });
    rest.states.length = 0;
    await experiments.follow();
    expect([...live]).toEqual(['v0']);
    expect(experiments.assign({ user: 'even' })).toEqual({ variants: {}, epochs: {} });
  });

  it('holds nobody, in no arm, before all versions are there, and says why once', async () => {
    const { experiments, failing, warnings } = scene([running('a', artefact('one'))]);
    failing.add('one');
    await experiments.follow();
    await experiments.follow();
    expect(warnings).toEqual([
      { code: 'ARTEFACT_CORRUPT', message: expect.stringContaining('one is broken') },
    ]);
    expect(experiments.assign({ user: 'odd' })).toEqual({ variants: {}, epochs: {} });
    failing.clear();
    await experiments.follow();
    expect(experiments.assign({ user: 'odd' })).toEqual({ variants: { a: 'control' }, epochs: { a: 3 } });
  });

  it('lets no experiment whose arm cannot even be read stand in the way of others', async () => {
    const unreadable: ArmChange = { kind: 'pipeline', pipeline: '../outside.json' };
    const { experiments, warnings } = scene([running('a', unreadable), running('b', artefact('one'))]);
    await experiments.follow();
    await experiments.follow();
    expect(experiments.assign({ user: 'even' })).toEqual({
      variants: { b: 'treatment' },
      epochs: { b: 3 },
      version: 'v-one',
    });
    expect(warnings.map(({ code }) => code)).toEqual(['PATH_OUTSIDE_PROJECT']);
  });

  it('lets the first experiment that names a version have the user; parameters go along', async () => {
    const parameters: ArmChange = { kind: 'parameters', values: { model: 'blue' } };
    const { experiments } = scene([
      running('first', artefact('one')),
      running('second', artefact('two')),
      running('third', parameters),
      running('fourth', artefact('one')),
    ]);
    await experiments.follow();
    expect(experiments.assign({ user: 'even' })).toEqual({
      variants: { first: 'treatment', third: 'treatment', fourth: 'treatment' },
      epochs: { first: 3, third: 3, fourth: 3 },
      version: 'v-one',
    });
    // A control names no version, so nothing stands against it.
    expect(experiments.assign({ user: 'odd' }).variants).toEqual({
      first: 'control',
      second: 'control',
      third: 'control',
      fourth: 'control',
    });
  });

  it('waits for a version that is named and not loaded here', async () => {
    const { experiments, live } = scene([running('a', { kind: 'version', version: 'v9' })]);
    await experiments.follow();
    expect(experiments.assign({ user: 'even' })).toEqual({ variants: {}, epochs: {} });
    live.add('v9');
    await experiments.follow();
    expect(experiments.assign({ user: 'even' })).toEqual({
      variants: { a: 'treatment' },
      epochs: { a: 3 },
      version: 'v9',
    });
  });

  it('leaves a version alone that has become the default one', async () => {
    const { experiments, live, ...rest } = scene([running('a', artefact('default'))]);
    await experiments.follow();
    rest.states.length = 0;
    await experiments.follow();
    expect([...live]).toContain('v-default');
  });
});
