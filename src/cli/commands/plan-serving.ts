import { Option } from 'commander';
import { examples, type RegisterCommand } from '../command.js';
import { pathFrom, positiveNumber } from '../flags.js';
import { servingPlanLines } from '../serving-plan-lines.js';

interface Flags {
  readonly rate: number;
  readonly p99Ms?: number;
  readonly memoryMb?: number;
  readonly cost?: number;
  readonly price?: number;
  readonly metricMargin?: number;
  readonly valueMargin?: number;
  readonly artefact?: string;
  readonly pipeline?: string;
  readonly loadSeconds?: number;
  readonly apply?: true;
  readonly experiment?: string;
}

export const registerPlanServing: RegisterCommand = (program, perform, host) => {
  const path = pathFrom(host.workingDirectory);
  const number = (flags: string, text: string): Option => new Option(flags, text).argParser(positiveNumber);
  program
    .command('plan-serving')
    .description('find the cheapest way to serve a model within limits, by measuring this machine')
    .addOption(number('--rate <n>', 'requests per second that must be served').makeOptionMandatory())
    .addOption(number('--p99-ms <ms>', '99th percentile of the time to an answer'))
    .addOption(number('--memory-mb <n>', 'of tables, weights, the encoded catalogue and histories'))
    .addOption(number('--cost <amount>', 'of processor time, for a thousand requests'))
    .addOption(number('--price <amount>', 'what a core costs for an hour (0.04)'))
    .addOption(number('--metric-margin <x>', 'of the primary metric that rounding may cost (0.001)'))
    .addOption(number('--value-margin <share>', 'of answers that fewer candidates may cost (0.01)'))
    .option('--artefact <hash>', 'hash or its beginning; the latest when left out')
    .option('--pipeline <file>', 'composition of recall, ranking and re-ranking', path)
    .addOption(number('--load-seconds <s>', 'how long a plan is loaded before it is believed (5)'))
    .option('--apply', 'write the plan into pipeline.json and serving.json, which serve reads')
    .option(
      '--experiment <file>',
      'write an experiment that ramps the plan and rolls it back where users do less',
      path,
    )
    .addHelpText(
      'after',
      examples(
        'automodel plan-serving --rate 100 --p99-ms 25 --memory-mb 500',
        'automodel plan-serving --rate 20 --cost 0.001 --apply',
        'automodel plan-serving --rate 100 --p99-ms 25 --experiment cheaper.json',
      ),
    )
    .action((flags: Flags) =>
      perform({
        name: 'plan-serving',
        stopping: 'Stopping',
        run: async ({ operations, projectDir, io, style }) => {
          const { rate, p99Ms, memoryMb, cost, price, metricMargin, valueMargin, ...rest } = flags;
          const limits = {
            rate,
            p99Ms,
            memoryMb,
            costPerThousand: cost,
            pricePerCoreHour: price,
            metricMargin,
            valueMargin,
          };
          const { artefact, pipeline, ...more } = rest;
          const result = await (
            await operations()
          ).planServing({ projectDir, artefact, pipeline, ...more, limits }, io);
          return { result, lines: servingPlanLines(result, style) };
        },
      }),
    );
};
