import type { Probe, Sighting } from '../../schema/index.js';
import { copyAuc, suspectAuc } from '../column-relations.js';
import { columnSighting, lacksLabel, type TableSubject } from './table-subject.js';

/** Fewer rows of either label than this and some column ranks them well by chance. */
const fewestOfAClass = 20;

async function between(subject: TableSubject, least: number, below: number): Promise<[string, number][]> {
  const [positives, negatives] = await subject.classes();
  if (Math.min(positives, negatives) < fewestOfAClass) return [];
  const relations = await subject.relations();
  return [...relations].flatMap(([key, { auc }]): [string, number][] =>
    auc >= least && auc < below ? [[key, auc]] : [],
  );
}

function sightings(subject: TableSubject, found: readonly [string, number][], what: string): Sighting[] {
  return found.flatMap(([key, auc]) => {
    const column = subject.columns.find((candidate) => candidate.key === key);
    if (column === undefined) return [];
    return columnSighting(
      column,
      'high',
      `alone it ranks the label with AUC ${auc.toFixed(3)}${what}`,
      `Give ${key} the role leak (or signal) in automodel.json, or accept it there.`,
    );
  });
}

/** A column that is the label, whatever monotone function or code was applied to it: AUC does not change with either. */
export const labelCopy: Probe<TableSubject> = {
  name: 'label-copy',
  question: 'Is a column the label itself, or a function of it?',
  lacks: lacksLabel,
  run: async (subject) =>
    sightings(subject, await between(subject, copyAuc, 2), ` (${copyAuc} or more is a copy)`),
};

/** A column that knows more than anything known before the event does. */
export const tooGood: Probe<TableSubject> = {
  name: 'too-good',
  question: 'Is a single column too good to be true?',
  lacks: lacksLabel,
  run: async (subject) =>
    sightings(
      subject,
      await between(subject, suspectAuc, copyAuc),
      ` (${suspectAuc} or more is too good to be known before the event)`,
    ),
};
