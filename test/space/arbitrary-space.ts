import fc from 'fast-check';
import type { Condition, Parameter, Space } from '../../src/space/index.js';

const categorical: fc.Arbitrary<Parameter> = fc
  .uniqueArray(fc.oneof(fc.string({ maxLength: 4 }), fc.boolean(), fc.integer({ min: -3, max: 3 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((values) => ({ kind: 'categorical', values, default: values[0] }));

const ordered: fc.Arbitrary<Parameter> = fc
  .uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 })
  .map((values) => ({
    kind: 'ordered',
    values: values.sort((a, b) => a - b),
    default: values[values.length - 1],
  }));

const integer: fc.Arbitrary<Parameter> = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 60 }), fc.boolean())
  .map(([min, width, log]) => ({ kind: 'integer', min, max: min + width, log, default: min + (width >> 1) }));

const float: fc.Arbitrary<Parameter> = fc
  .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1000 }), fc.boolean())
  .map(([min, width, log]) => ({
    kind: 'float',
    min: min / 100,
    max: (min + width) / 100,
    log,
    default: min / 100,
  }));

const parameter = fc.oneof(categorical, ordered, integer, float);

/** Names as hostile users write them. */
const names = ['rate', '__proto__', 'constructor', 'a.b', '"; drop table', '', 'depth', 'toString'];

/** Spaces of one to eight parameters, about half of them conditional on an earlier one. */
export const anySpace: fc.Arbitrary<Space> = fc
  .array(fc.tuple(parameter, fc.boolean(), fc.nat()), { minLength: 1, maxLength: names.length })
  .map((rows) => {
    const entries: [string, Parameter][] = [];
    rows.forEach(([own, wantsCondition, pick], i) => {
      const discrete = entries.filter(([, p]) => p.kind === 'categorical' || p.kind === 'ordered');
      const parent = discrete[pick % Math.max(1, discrete.length)];
      const when = wantsCondition && parent !== undefined ? conditionOn(parent, pick) : undefined;
      entries.push([names[i], when === undefined ? own : { ...own, when }]);
    });
    return Object.fromEntries(entries);
  });

function conditionOn([name, parent]: readonly [string, Parameter], pick: number): Condition | undefined {
  if (parent.kind !== 'categorical' && parent.kind !== 'ordered') return undefined;
  return { parameter: name, in: parent.values.filter((_, i) => i === 0 || (pick >> i) % 2 === 1) };
}
