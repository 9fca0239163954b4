import { differenceOf, lowerBound } from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';

/**
 * One step of a ramp of 1 % treated users whose loss is exactly the margin, looked at after every `every` treated users from 500 on: the
 * share of runs in which the guardrail's bound calls it lost beyond the margin, with the variance of the ramp (`called`), with that of
 * the small arm's own sample (`plain`), and with a bound for one look (`fixed`). Users are log-normal with the given coefficient of
 * variation; the control, 99 times as large, has the moments of its population.
 */
export function earlyGuardrails({
  runs,
  seed,
  cv,
  alpha,
  tunedFor = 200_000,
  margin = 0.02,
  until = 2000,
  every = 50,
}) {
  const spread = Math.log(1 + cv * cv);
  const control = 1 - margin;
  let called = 0;
  let plain = 0;
  let fixed = 0;
  for (let run = 0; run < runs; run += 1) {
    const rng = new Rng([seed, run, 'early-guardrails']);
    let [sum, squares] = [0, 0];
    const seen = { called: false, plain: false, fixed: false };
    for (let n = 1; n <= until; n += 1) {
      const value = control * Math.exp(Math.sqrt(spread) * rng.normal() - spread / 2);
      sum += value;
      squares += value * value;
      if (n < 500 || n % every !== 0) continue;
      const mean = sum / n;
      const own = (squares - sum * mean) / (n - 1);
      const beyond = (variance, rule) => {
        const arm = (units, of, spreadOf) => ({ n: units, mean: of, unadjustedMean: of, variance: spreadOf });
        const { estimate, ...rest } = differenceOf(
          arm(99 * n, 1, cv * cv),
          arm(n, mean, variance),
          'absolute',
        );
        // Lost for sure: the upper bound lies below the margin.
        return lowerBound({ ...rest, estimate: -estimate }, margin, alpha, rule).bound > margin;
      };
      const always = { kind: 'always-valid', tunedFor };
      seen.called ||= beyond(Math.max(own, cv * cv), always);
      seen.plain ||= beyond(own, always);
      seen.fixed ||= beyond(own, { kind: 'fixed-horizon' });
    }
    called += Number(seen.called);
    plain += Number(seen.plain);
    fixed += Number(seen.fixed);
  }
  return {
    called: wilsonInterval(called, runs),
    plain: wilsonInterval(plain, runs),
    fixed: wilsonInterval(fixed, runs),
  };
}
