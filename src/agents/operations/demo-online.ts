import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { playExperiment, type PlayedExperiment } from '../../experiments/index.js';
import { clock } from '../../platform/index.js';
import type {
  DemoExperiment,
  DemoMetric,
  DemoOnlineOptions,
  DemoOnlineResult,
  OperationIo,
} from '../../schema/index.js';
import { createLiveWorld, trueEffect, type LiveWorld } from '../../world/index.js';
import { demoMetrics, demoPlans, type DemoArm, type DemoPlan } from '../online/demo-experiments.js';
import { endOfLogMs, formerPolicy, livedProject } from '../online/lived-project.js';
import { servedArm, type AnswerTime } from '../online/served-arm.js';
import { WorldTraffic } from '../online/world-traffic.js';
import { openOnlineService } from '../serving/open-online-service.js';
import type { DeployableService } from '../serving/deployable-service.js';
import { train } from './train.js';

const MODEL = 'dcnv2';
const dayMs = 86_400_000;

interface Stage {
  readonly dir: string;
  readonly projectDir: string;
  readonly world: LiveWorld;
  readonly logDays: number;
  readonly io: OperationIo;
  readonly time: AnswerTime;
  /** of stores: every service of the demonstration has a state of its own */
  stores: number;
}

/**
 * The whole of it in a simulated world whose truth is known: a log of what a service did so far, a model trained on it, two changes of
 * the served pipeline tried on the people who live on, each ramped under guardrails, and the true effect of each over cloned users.
 */
export async function demoOnline(options: DemoOnlineOptions, io: OperationIo): Promise<DemoOnlineResult> {
  const begun = clock.monotonicMs();
  const { dir, seed, users, items, logDays, testDays } = options;
  mkdirSync(dir, { recursive: true });
  const world = createLiveWorld({
    seed,
    users,
    items,
    days: logDays + testDays,
    warmupDays: 1,
    tickSeconds: 600,
  });
  const stage: Stage = {
    dir,
    projectDir: join(dir, 'project'),
    world,
    logDays,
    io,
    time: { requests: 0, ms: 0 },
    stores: 0,
  };
  io.onProgress({ kind: 'phase', name: 'Live through the past', done: 0, total: undefined });
  const { impressions, clicks } = await livedProject({ ...stage, logDir: join(dir, 'log') }, io);
  const trained = await train(
    {
      projectDir: stage.projectDir,
      model: MODEL,
      seeds: 1,
      seed,
      hyperParameters: {},
      tune: 0,
      test: true,
      workers: 1,
    },
    io,
  );
  const experiments: DemoExperiment[] = [];
  const plans = demoPlans(MODEL, Math.round(users / 2));
  for (const [done, plan] of plans.entries()) {
    io.onProgress({ kind: 'phase', name: `Try "${plan.record.hypothesis}"`, done, total: plans.length });
    const played = await tried(stage, plan);
    io.onProgress({ kind: 'phase', name: 'Clone the users for the truth', done, total: plans.length });
    experiments.push(await told(stage, plan, played));
  }
  const floor = trained.floors[0];
  return {
    dir,
    seed,
    users,
    items,
    log: { days: logDays, impressions, clickRate: clicks / impressions },
    model: {
      name: MODEL,
      auc: trained.metrics.test?.auc?.mean ?? Number.NaN,
      floor: floor.model,
      floorAuc: floor.metrics.test?.auc?.mean ?? Number.NaN,
    },
    experiments,
    answerMs: stage.time.requests === 0 ? 0 : stage.time.ms / stage.time.requests,
    report: '',
    seconds: (clock.monotonicMs() - begun) / 1000,
  };
}

async function opened(stage: Stage, { composition }: DemoArm): Promise<DeployableService> {
  stage.stores += 1;
  return openOnlineService({
    projectDir: stage.projectDir,
    storeDir: join(stage.dir, 'stores', String(stage.stores)),
    composition,
    // Neighbours are counted again with a snapshot, when a thread has time: what is played must not depend on that.
    snapshotEvents: Number.MAX_SAFE_INTEGER,
    io: { ...stage.io, onProgress: () => undefined },
  });
}

/** The experiment as the service runs it: one service, two versions, and who gets which is decided in it. */
async function tried(stage: Stage, { record, control, treatment }: DemoPlan): Promise<PlayedExperiment> {
  const { world, logDays } = stage;
  const service = await opened(stage, control);
  try {
    const other = await service.deploy({ composition: treatment.composition, makeDefault: false });
    const arm = servedArm({
      name: 'service',
      world,
      service,
      before: formerPolicy(world),
      fromMs: endOfLogMs(world, logDays),
    });
    const traffic = new WorldTraffic({ world, arms: [arm], fromDay: logDays, hoursPerLook: 12 });
    service.assignBy(({ user }) => {
      const variant = traffic.visit(user);
      if (variant === null) return { variants: {} };
      const variants = { [record.id]: variant };
      return variant === record.control.name ? { variants } : { variants, version: other };
    });
    const played = await playExperiment(record, traffic);
    stage.time.requests += arm.time.requests;
    stage.time.ms += arm.time.ms;
    return played;
  } finally {
    await service.close();
  }
}

async function told(stage: Stage, plan: DemoPlan, played: PlayedExperiment): Promise<DemoExperiment> {
  const { world, logDays } = stage;
  const days = (played.looks.at(-1)?.atMs ?? 0) / dayMs;
  const services = [await opened(stage, plan.control), await opened(stage, plan.treatment)];
  try {
    const [control, treatment] = services.map((service, n) =>
      servedArm({
        name: n === 0 ? 'control' : 'treatment',
        world,
        service,
        before: formerPolicy(world),
        fromMs: endOfLogMs(world, logDays),
      }),
    );
    const effects = await trueEffect(world, {
      control,
      treatment,
      metrics: demoMetrics.map(({ truth }) => ({
        ...truth,
        fromDay: logDays,
        toDay: logDays + Math.ceil(days),
      })),
    });
    return {
      id: plan.record.id,
      hypothesis: plan.record.hypothesis,
      control: plan.control.words,
      treatment: plan.treatment.words,
      outcome: played.outcome,
      reasons: [...played.reasons],
      days,
      units: played.units,
      treatedUnits: played.treatedUnits,
      looks: [...played.looks],
      metrics: demoMetrics.map(({ name }, n): DemoMetric => {
        const definition = plan.record.metrics.find((metric) => metric.name === name);
        const relative = played.metrics.find((metric) => metric.name === name)?.comparisons[0]?.relative;
        return {
          name,
          role: definition?.role ?? 'watched',
          estimate: relative?.estimate ?? null,
          ci: relative == null ? null : [relative.alwaysValid.ci[0], relative.alwaysValid.ci[1]],
          truth: effects[n].lift,
          truthError: effects[n].liftError,
        };
      }),
    };
  } finally {
    for (const service of services) await service.close();
  }
}
