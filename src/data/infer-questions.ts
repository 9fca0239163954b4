import type { ColumnConfig, Question, Warning } from '../schema/index.js';
import type { TableDraft } from './infer-tables.js';

/** Below this confidence a guess is also a question. */
const sure = 0.7;
/** More questions than this help nobody; the rest is in automodel.json with its confidence. */
const maxQuestions = 40;

/** The questions that are shown, and a warning for those that are not. */
export function shownQuestions(questions: readonly Question[]): {
  readonly shown: readonly Question[];
  readonly warnings: readonly Warning[];
} {
  const more = questions.length - maxQuestions;
  if (more <= 0) return { shown: questions, warnings: [] };
  const message = `and ${more} more questions; their columns are those of automodel.json with a confidence below ${sure}`;
  return { shown: questions.slice(0, maxQuestions), warnings: [{ code: 'QUESTIONS_LEFT', message }] };
}

/** A question for every column whose role is unsure, the most dangerous first. */
export function roleQuestions(
  drafts: readonly TableDraft[],
  columns: Readonly<Record<string, ColumnConfig>>,
): Question[] {
  const questions: Question[] = [];
  for (const draft of drafts) {
    for (const stats of draft.stats) {
      const key = `${draft.name}.${stats.raw.name}`;
      const { role, confidence, reason } = columns[key];
      if (confidence >= sure) continue;
      const others = ['context', 'user_feature', 'item_feature', 'signal', 'leak', 'meta'].filter(
        (other) => other !== role,
      );
      questions.push({
        id: `role:${key}`,
        question: `What is column ${stats.raw.name} of ${draft.name}? (${reason})`,
        guess: role,
        options: [role, ...others],
        setting: `columns[${JSON.stringify(key)}].role`,
      });
    }
  }
  // The most dangerous first: what may be a leak, then what was taken in.
  const danger = (question: Question): number =>
    question.guess === 'leak' ? 0 : question.guess === 'signal' ? 1 : 2;
  return questions.sort((a, b) => danger(a) - danger(b));
}
