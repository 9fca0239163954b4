import { Rng } from '../../dist/platform/index.js';

/** Visits of everybody on each day of the week, in shares of a plain day. */
const week = [1, 0.95, 0.95, 1, 1.1, 1.35, 1.25];
/** Of users: log-normal activity (visits a day) and log-normal value of a visit; of a visit: exponential around it. */
const activity = { mean: 1.2, cv: 0.75 };
const level = { cv: 0.77 };

function logNormal(rng, mean, cv) {
  const variance = Math.log(1 + cv * cv);
  return mean * Math.exp(Math.sqrt(variance) * rng.normal() - variance / 2);
}

/**
 * Users who come and go with a metric of a planted truth: `value`, of which the treatment takes the share `harm`. A user's total of one day
 * has a coefficient of variation a little below 1.5 among those that came (`spread` says what it was). A week before the
 * experiment is their past.
 */
export function rampTraffic({
  users,
  harm,
  seed,
  days = 10,
  hoursPerLook = 6,
  treatment = 'new',
  past = false,
}) {
  const rng = new Rng([seed, 'ramp-traffic']);
  const rate = new Float64Array(users);
  const worth = new Float64Array(users);
  const names = Array.from({ length: users }, (_, user) => `${seed}-${user}`);
  for (let user = 0; user < users; user += 1) {
    rate[user] = logNormal(rng, activity.mean, activity.cv);
    worth[user] = logNormal(rng, 1, level.cv);
  }
  const firstDay = new Float64Array(users);
  const looksADay = 24 / hoursPerLook;
  let look = 0;

  function visitsOf(user, mean) {
    const limit = Math.exp(-mean);
    let product = rng.next();
    let visits = 0;
    while (product > limit) {
      product *= rng.next();
      visits += 1;
    }
    return visits;
  }
  function act(door, mean, treated) {
    for (let user = 0; user < users; user += 1) {
      const visits = visitsOf(user, rate[user] * mean);
      if (visits === 0) continue;
      const variant = treated ? door.visit(names[user]) : null;
      let sum = 0;
      for (let visit = 0; visit < visits; visit += 1) sum -= Math.log(1 - rng.next());
      const value = sum * worth[user] * (variant === treatment ? 1 - harm : 1);
      door.record(names[user], 'value', value);
      if (treated && look < looksADay && variant !== treatment) firstDay[user] += value;
    }
  }
  return {
    hoursPerLook,
    act(door) {
      if (look === 0 && past) act(door, 7, false);
      act(door, week[Math.floor(look / looksADay) % 7] / looksADay, true);
      look += 1;
      return look < days * looksADay;
    },
    /** coefficient of variation of the first day's totals of the control's users that came */
    spread() {
      const there = firstDay.filter((value) => value > 0);
      const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
      const squares = there.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return Math.sqrt(squares / (there.length - 1)) / mean;
    },
  };
}
