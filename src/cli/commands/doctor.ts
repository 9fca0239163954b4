import { AutoModelError } from '../../platform/index.js';
import type { DoctorResult } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { printable, type Style } from '../text.js';

export const registerDoctor: RegisterCommand = (program, perform) => {
  program
    .command('doctor')
    .description('load each native module, check the folders, say what to do about what fails')
    .addHelpText('after', examples('automodel doctor'))
    .action(() =>
      perform({
        name: 'doctor',
        run: async (context) => {
          const { doctor } = await import('../../execution/index.js');
          const result = await doctor({ projectDir: context.projectDir });
          return { result, lines: doctorLines(result, context.style), failure: doctorFailure(result) };
        },
      }),
    );
};

export function doctorLines({ checks }: DoctorResult, style: Style): string[] {
  return checks.flatMap(({ name, ok, message, remedy }) => [
    `${ok ? style.good('ok  ') : style.bad('FAIL')}  ${printable(`${name}: ${message}`)}`,
    ...(remedy === null ? [] : [`      ${printable(remedy)}`]),
  ]);
}

export function doctorFailure({ checks, healthy }: DoctorResult): AutoModelError | undefined {
  if (healthy) return undefined;
  const names = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const code = names.every((name) => name.endsWith(' folder')) ? 'PATH_NOT_WRITABLE' : 'NATIVE_MODULE';
  return new AutoModelError(code, `This machine is not ready: ${names.join(', ')}`, {
    remedy: 'Do what stands beside each failed check, then run automodel doctor again.',
    details: { failed: names },
  });
}
