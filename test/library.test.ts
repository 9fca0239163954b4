import { describe, expect, expectTypeOf, it } from 'vitest';
import * as library from '../src/index.js';
import {
  CommandEnvelope,
  commandResults,
  doctor,
  DoctorResult,
  operations,
  TrainResult,
  type CommandName,
  type Operations,
  type OperationIo,
} from '../src/index.js';
import { trainResult } from './cli/example-results.js';

describe('the library', () => {
  it('has a function for every command and a schema for every result', () => {
    expectTypeOf(operations).toEqualTypeOf<Operations>();
    expectTypeOf(doctor).returns.resolves.toEqualTypeOf<DoctorResult>();
    expectTypeOf(library.quietIo).returns.toEqualTypeOf<OperationIo>();
    expectTypeOf<keyof typeof commandResults>().toEqualTypeOf<CommandName>();
    // `start` is a script over the others.
    const functions = [...Object.keys(operations), 'doctor', 'start'];
    const named: Partial<Record<string, string>> = {
      'world generate': 'generateWorld',
      'experiment analyze': 'analyzeExperiment',
      'experiment plan': 'planExperiment',
      'experiment start': 'startExperiment',
      'experiment status': 'experimentStatus',
      'experiment stop': 'stopExperiment',
      'experiment ramp': 'rampExperiment',
      'experiment estimate': 'estimatePolicyValue',
      'plan-serving': 'planServing',
      'plan-training': 'planTraining',
      'demo online': 'demoOnline',
    };
    for (const name of Object.keys(commandResults)) expect(functions).toContain(named[name] ?? name);
    const exported = new Set<unknown>(Object.values(library));
    for (const schema of Object.values(commandResults)) expect(exported).toContain(schema);
  });

  it('reads what --json prints, typed, and refuses what it never prints', () => {
    const printed: unknown = {
      schemaVersion: 1,
      command: 'train',
      ok: true,
      result: trainResult,
      warnings: [],
    };
    const trained = TrainResult.parse(CommandEnvelope.parse(printed).result);
    expectTypeOf(trained).toEqualTypeOf<TrainResult>();
    expectTypeOf(trained.artefact).toEqualTypeOf<string | null>();
    expect(trained).toEqual(trainResult);
    expect(TrainResult.safeParse({ ...trainResult, artefact: 1 }).success).toBe(false);
    expect(CommandEnvelope.safeParse({ ...(printed as object), schemaVersion: 2 }).success).toBe(false);
  });

  it('examines a machine without throwing', async () => {
    const { checks, healthy } = DoctorResult.parse(await doctor({ projectDir: '/no/such/folder' }));
    expect(checks.find(({ name }) => name === 'project folder')?.ok).toBe(false);
    expect(healthy).toBe(false);
  });
});
