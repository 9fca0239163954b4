import { AutoModelError } from '../platform/index.js';
import type { Question } from '../schema/index.js';
import { printable } from './text.js';

/** Asks on the terminal, on stderr since stdout belongs to results. Leaving with Ctrl-C or Escape interrupts. */
export async function askOnTerminal(question: Question): Promise<string> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const message = printable(`${question.question} (${question.setting} in automodel.json)`);
  const options = [...new Set([question.guess, ...question.options])];
  const answer: unknown =
    question.options.length > 0
      ? await select({
          message,
          initialValue: question.guess,
          options: options.map((value) => ({ value, label: printable(value) })),
          output: process.stderr,
        })
      : await text({
          message,
          placeholder: printable(question.guess),
          defaultValue: question.guess,
          output: process.stderr,
        });
  if (isCancel(answer) || typeof answer !== 'string') {
    throw new AutoModelError('INTERRUPTED', 'Stopped at a question; nothing was written');
  }
  return answer;
}
