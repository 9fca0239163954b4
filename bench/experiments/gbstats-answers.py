"""Answers of GrowthBook's gbstats to the cases on stdin (one JSON object a line), one JSON object a line on stdout."""

import json
import sys

from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import (
    FrequentistConfig,
    OneSidedTreatmentGreaterTTest,
    SequentialConfig,
    SequentialTwoSidedTTest,
    TwoSidedTTest,
)
from gbstats.models.statistics import (
    ProportionStatistic,
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
)
from gbstats.utils import check_srm


def statistic(kind, arm):
    n, s, q = arm["n"], arm["sums"], arm["products"]
    value = SampleMeanStatistic(n=n, sum=s[0], sum_squares=q[0][0])
    if kind == "proportion":
        return ProportionStatistic(n=n, sum=s[0])
    if kind == "mean":
        return value
    other = SampleMeanStatistic(n=n, sum=s[1], sum_squares=q[1][1])
    if kind == "ratio":
        return RatioStatistic(n=n, m_statistic=value, d_statistic=other, m_d_sum_of_products=q[0][1])
    return RegressionAdjustedStatistic(
        n=n, post_statistic=value, pre_statistic=other, post_pre_sum_of_products=q[0][1], theta=0
    )


for line in sys.stdin:
    case = json.loads(line)
    a, b = (statistic(case["kind"], arm) for arm in case["arms"])
    scale, alpha = case["scale"], case["alpha"]
    fixed = TwoSidedTTest(a, b, FrequentistConfig(difference_type=scale, alpha=alpha)).compute_result()
    one = OneSidedTreatmentGreaterTTest(
        a, b, FrequentistConfig(difference_type=scale, alpha=alpha)
    ).compute_result()
    always = SequentialTwoSidedTTest(
        a,
        b,
        SequentialConfig(difference_type=scale, alpha=alpha, sequential_tuning_parameter=case["tunedFor"]),
    ).compute_result()
    prior = GaussianPrior(mean=case["prior"]["mean"], variance=case["prior"]["sd"] ** 2, proper=True)
    bayes = EffectBayesianABTest(
        a,
        b,
        EffectBayesianConfig(difference_type=scale, alpha=alpha, prior_effect=prior, prior_type=scale),
    ).compute_result()
    print(
        json.dumps(
            {
                "estimate": fixed.expected,
                "se": fixed.uplift.stddev,
                "p": fixed.p_value,
                "low": fixed.ci[0],
                "high": fixed.ci[1],
                "oneSidedP": one.p_value,
                "oneSidedBound": one.ci[0],
                "alwaysValidP": always.p_value,
                "alwaysValidLow": always.ci[0],
                "alwaysValidHigh": always.ci[1],
                "posterior": bayes.expected,
                "chance": bayes.chance_to_win,
                "riskControl": bayes.risk[0],
                "riskTreatment": bayes.risk[1],
                "sampleRatioP": check_srm([arm["n"] for arm in case["arms"]], case["weights"]),
            }
        )
    )
