"""Optuna's multivariate TPE on the bench's Hartmann problem, beside our own: python3 bench/search/optuna_peer.py [runs] [first]

Prints mean and standard error of the normalised regret of the highest score seen after 25, 50, 100 and 200 trials. Ours:
npm run bench:search -- --set tuning --only hartmann --policies tpe --json. Needs `pip install optuna`; the project does not.
"""

import math
import random
import sys

import optuna

A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]
C = [1, 1.2, 3, 3.2]
NOISE = 0.25
BUDGETS = [25, 50, 100, 200]


def truth(x):
    return (
        sum(c * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, at))) for c, row, at in zip(C, A, P))
        - 3.32237
    )


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = random.Random(1)
    typical = sum(truth([rng.random() for _ in range(6)]) for _ in range(20000)) / 20000
    rows = {budget: [] for budget in BUDGETS}
    for run in range(first, first + runs):
        noise = random.Random(run)
        flipped = [noise.random() < 0.5 for _ in range(6)]
        seen = []

        def objective(trial):
            x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(6)]
            value = truth([1 - v if f else v for v, f in zip(x, flipped)])
            seen.append((value + NOISE * noise.gauss(0, 1), value))
            return seen[-1][0]

        sampler = optuna.samplers.TPESampler(seed=run, multivariate=True)
        optuna.create_study(direction="maximize", sampler=sampler).optimize(objective, n_trials=max(BUDGETS))
        for budget in BUDGETS:
            rows[budget].append(max(seen[:budget])[1] / typical)
    print(f"optuna {optuna.__version__}, {runs} runs")
    for budget, regrets in rows.items():
        mean = sum(regrets) / runs
        se = math.sqrt(sum((r - mean) ** 2 for r in regrets) / max(1, runs - 1) / runs)
        print(f"{budget:4d} {mean:.3f} ± {se:.3f}")


if __name__ == "__main__":
    main()
