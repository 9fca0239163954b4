// The truth of every drill of the world, by cloned users, beside what the drill says of itself; and the shares of better answers that
// plant known lifts.
//   npm run world:drills -- [--users 4000] [--items 1000] [--seed 1] [--repeats 1] [--lifts 0.005,0.01,0.02,0.05] [--only a-a,...] [--json]
import { parseArgs } from 'node:util';
import { calibrateLift, createLiveWorld, drills, drillTruth, liftDrill } from '../dist/world/index.js';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '4000' },
    items: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '1' },
    lifts: { type: 'string', default: '0.005,0.01,0.02,0.05' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [users, items, seed, repeats] = [values.users, values.items, values.seed, values.repeats].map(Number);
const only = values.only?.split(',');
const wanted = (name) => only === undefined || only.includes(name);
const say = (text) => process.stderr.write(`${text}\n`);
const worldFor = ({ settings }) => createLiveWorld({ ...settings, users, items, seed });

const rows = [];
for (const drill of drills.filter(({ name }) => wanted(name))) {
  say(`${drill.name} …`);
  for (const { expected, effect, holds } of await drillTruth(drill, worldFor(drill), { repeats }))
    rows.push({
      drill: drill.name,
      ...expected,
      metric: expected.metric.name,
      users: expected.users?.name,
      effect,
      holds,
    });
}
const lifts = [];
if (wanted('lift')) {
  const world = worldFor(liftDrill(0, 0));
  for (const lift of values.lifts.split(',').map(Number)) {
    say(`lift ${lift} …`);
    lifts.push(await calibrateLift(world, lift, { repeats }));
  }
}

if (values.json) {
  process.stdout.write(`${JSON.stringify({ users, items, seed, repeats, drills: rows, lifts }, null, 2)}\n`);
} else {
  const percent = (value) => `${(100 * value).toFixed(2)} %`;
  const lines = [
    `${users} users, ${items} items, seed ${seed}, ${repeats} ${repeats === 1 ? 'life' : 'lives'} of every user under either arm.`,
    '',
    '| drill | metric | users | days | control | treatment | true effect | expected | holds |',
    '| --- | --- | --- | --- | --: | --: | --: | --- | --- |',
    ...rows.map(
      ({ drill, metric, users: who, fromDay, toDay, sign, effect, holds }) =>
        `| ${drill} | ${metric} | ${who ?? 'all'} | ${fromDay}-${toDay} | ${effect.control.toFixed(4)} | ${effect.treatment.toFixed(4)} | ` +
        `${percent(effect.lift)} ± ${percent(effect.liftError)} | ${sign} | ${holds ? 'yes' : 'NO'} |`,
    ),
    '',
    '| wanted lift | share of better answers | true lift of clicks per user |',
    '| --: | --: | --: |',
    ...lifts.map(
      ({ wanted: lift, betterShare, effect }) =>
        `| ${percent(lift)} | ${betterShare.toFixed(4)} | ${percent(effect.lift)} ± ${percent(effect.liftError)} |`,
    ),
    '',
    'An error is the Monte-Carlo standard error of paired differences over cloned users.',
    '',
  ];
  process.stdout.write(lines.join('\n'));
}
