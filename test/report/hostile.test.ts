import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/index.js';
import type { ReportModel } from '../../src/schema/index.js';
import { exampleReport } from './example-report.js';
import { hazards, unbalanced, visibleText } from './page-checks.js';

/** Members whose values come from closed lists, never from data. */
const closed = new Set([
  'outcome',
  'direction',
  'task',
  'regime',
  'candidateSet',
  'duplicates',
  'clusterBy',
  'role',
  'status',
  'scale',
  'verdict',
  'source',
  'split',
  'metric',
]);

/** Names of members that data decides, where they stand in an object's keys. */
const namedByData = new Set(['assignment', 'proposers', 'metrics']);

type Path = readonly (string | number)[];

/** A text that data decides: a member's value, or (`named`) the name of the first member. */
interface Place {
  readonly path: Path;
  readonly named: boolean;
}

/** Every text of a report that may come from data. Names come last: they change the way to what lies below them. */
function places(model: ReportModel): Place[] {
  const values: Place[] = [];
  const names: Place[] = [];
  const walk = (value: unknown, path: Path): void => {
    const name = String(path.findLast((part) => typeof part === 'string') ?? '');
    if (typeof value === 'string' && !closed.has(name)) values.push({ path, named: false });
    else if (Array.isArray(value)) value.slice(0, 1).forEach((member, i) => walk(member, [...path, i]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
      if (namedByData.has(name) && Object.keys(value).length > 0) names.push({ path, named: true });
    }
  };
  walk(model, []);
  return [...values, ...names];
}

const titleOf = ({ path, named }: Place): string => `${path.join('.')}${named ? '.<name>' : ''}`;

/** The model with a text in all of the places at once. */
function withText(model: ReportModel, where: readonly Place[], text: string): ReportModel {
  return where.reduce<ReportModel>(
    (changed, { path, named }) =>
      withAt(changed, path, (old) => (named ? renamed(old as object, text) : text)) as ReportModel,
    model,
  );
}

function renamed(value: object, to: string): object {
  const [from] = Object.keys(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key === from ? to : key, member]));
}

function withAt(value: unknown, [head, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (head === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((member: unknown, i) => (i === head ? withAt(member, rest, change) : member));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, member]) => [
      key,
      key === head ? withAt(member, rest, change) : member,
    ]),
  );
}

const example = exampleReport('dropout', 3);
const model: ReportModel = { ...example, contract: { ...example.contract, split: 'time@1,2' } };
const allPlaces = places(model);
const pictures = renderReport(model).match(/<svg /g)?.length;

const attacks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</title></td></svg></style><script src=//evil.example/x.js></script>',
  '<a href="javascript:alert(1)">x</a>',
  '<!-- --><![CDATA[x]]>',
  // what String.replace would take for the match, its surroundings or a group
  '$& onload=alert(1) $1 $$ $` $&quot;',
  "$' $<name>",
  // looks like what the drawing library writes and the embedding takes out
  'zr0-cls-0 class="zr1" style="x" ecmeta_a="b"',
];

describe('texts from data', () => {
  it('stand in many places of a report', () => {
    const paths = allPlaces.map(titleOf);
    for (const path of [
      'project',
      'runId',
      'contract.label',
      'scores.0.model',
      'trials.0.model',
      'trials.0.proposer',
      'trials.0.assignment.<name>',
      'searchCurves.0.name',
      'effects.0.parameter',
      'proposers.<name>',
      'gate.0.model',
      'refused.0.column',
      'refused.0.reason',
      'learned.0',
      'warnings.0.message',
    ])
      expect(paths).toContain(path);
    expect(paths.length).toBeGreaterThan(20);
  });

  it.each(attacks)('%j is text wherever it stands, shown letter by letter', (attack) => {
    const page = renderReport(withText(model, allPlaces, attack));
    expect(hazards(page)).toEqual([]);
    expect(unbalanced(page)).toEqual([]);
    expect(page.match(/<style/g)).toHaveLength(1);
    expect(page.match(/<svg /g)?.length).toBe(pictures);
    expect(visibleText(page).split(attack).length - 1).toBeGreaterThan(15);
  });

  it.each([
    'project',
    'contract.label',
    'gate.0.model',
    'refused.0.reason',
    'learned.0',
    'effects.0.parameter',
  ])('at %s reaches the page when it stands there alone', (title) => {
    const [attack] = attacks;
    const place = allPlaces.filter((candidate) => titleOf(candidate) === title);
    expect(place).toHaveLength(1);
    expect(visibleText(renderReport(withText(model, place, attack)))).toContain(attack);
  });

  it('are whole inside the pictures too: names that look like the library’s own ids stay', () => {
    const page = renderReport(exampleReport('zr0-clicks', 8));
    expect(page).not.toMatch(/(effect-\d|lineage|scores|search-curve)-clicks/);
    expect(page.match(/zr0-clicks/g)?.length ?? 0).toBeGreaterThan(10);
  });

  it('do not run: the checks see each attack when it is not escaped', () => {
    const holes = attacks.filter((attack) => hazards(`<td title="${attack}">${attack}</td>`).length > 0);
    expect(holes.length).toBeGreaterThanOrEqual(4);
    expect(unbalanced('<td></title></td>')).not.toEqual([]);
  });
});
