"""Optuna's multivariate TPE on tuning problems of the bench, beside our own:
python3 bench/search/optuna_peer.py [hartmann|recipe|family] [runs] [first]

Prints mean and standard error of the normalised regret of the highest score seen after 25, 50, 100 and 200 trials. Ours:
npm run bench:search -- --set tuning --only <problem> --policies tpe --json. Needs `pip install optuna`; the project does not.
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
BUDGETS = [25, 50, 100, 200]


def middle(rng):
    """A place for the optimum, away from the borders."""
    return 0.15 + 0.7 * rng.random()


def slot(rng, count):
    return (rng.randrange(count) + 0.5) / count


class Hartmann:
    noise = 0.25

    def __init__(self, rng):
        self.flipped = [rng.random() < 0.5 for _ in range(6)]

    def ask(self, suggest):
        return [suggest.unit(f"x{i}") for i in range(6)]

    def truth(self, x):
        x = [1 - v if f else v for v, f in zip(x, self.flipped)]
        inner = [sum(a * (v - p) ** 2 for a, v, p in zip(row, x, at)) for row, at in zip(A, P)]
        return min(0, sum(c * math.exp(-i) for c, i in zip(C, inner)) - 3.32237)


class Recipe:
    noise = 0.03

    def __init__(self, rng):
        self.best = [middle(rng), middle(rng), middle(rng), slot(rng, 5)]
        self.losses = rng.sample([0, 0.05, 0.2], 3)

    def ask(self, suggest):
        x = [suggest.log("rate", 1e-5, 1e-1), suggest.log("decay", 1e-7, 1e-2), suggest.unit("dropout")]
        x += [suggest.slot("widths", 5), suggest.choice("optimiser", 3), suggest.slot("epochs", 20)]
        return [*x, suggest.unit("shade")]

    def truth(self, x):
        rate, decay, dropout, widths = (v - b for v, b in zip(x, self.best))
        ridge = 2 * (rate + 0.4 * decay) ** 2 + 0.5 * rate**2
        return -(ridge + 0.4 * dropout**2 + 0.3 * widths**2 + self.losses[x[4]])


class Family:
    noise = 0.02

    def __init__(self, rng):
        self.l2, self.rate, self.dropout = middle(rng), middle(rng), middle(rng)
        self.dim, self.depth, self.heads = slot(rng, 4), slot(rng, 5), slot(rng, 8)

    def ask(self, suggest):
        model = suggest.choice("model", 4)
        return {
            "model": model,
            "dim": suggest.slot("dim", 4) if model > 0 else None,
            "depth": suggest.slot("depth", 5) if model > 1 else None,
            "dropout": suggest.unit("dropout") if model > 1 else None,
            "heads": suggest.slot("heads", 8) if model > 2 else None,
            "l2": suggest.log("l2", 1e-8, 1e-1),
            "rate": suggest.log("rate", 1e-5, 1e-1),
        }

    def truth(self, x):
        loss = [0.25, 0.18, 0.1, 0][x["model"]] + 0.6 * (x["l2"] - self.l2) ** 2 + 0.8 * (x["rate"] - self.rate) ** 2
        if x["dim"] is not None:
            loss += 0.1 * (x["dim"] - self.dim) ** 2
        if x["depth"] is not None:
            loss += 0.5 * (x["dropout"] - self.dropout) ** 2 + 0.1 * (x["depth"] - self.depth) ** 2
        if x["heads"] is not None:
            loss += 0.1 * (x["heads"] - self.heads) ** 2
        return -loss


PROBLEMS = {"hartmann": Hartmann, "recipe": Recipe, "family": Family}


class Ask:
    """Positions on the unit scale (categories: their index), asked of Optuna in the parameter's own kind."""

    def __init__(self, trial):
        self.trial = trial

    def unit(self, name):
        return self.trial.suggest_float(name, 0, 1)

    def log(self, name, low, high):
        value = self.trial.suggest_float(name, low, high, log=True)
        return math.log(value / low) / math.log(high / low)

    def slot(self, name, count):
        return (self.trial.suggest_int(name, 0, count - 1) + 0.5) / count

    def choice(self, name, count):
        return self.trial.suggest_categorical(name, list(range(count)))


class Draw:
    """The same, drawn at random: for the typical score."""

    def __init__(self, rng):
        self.rng = rng

    def unit(self, name):
        return self.rng.random()

    def log(self, name, low, high):
        return self.rng.random()

    def slot(self, name, count):
        return slot(self.rng, count)

    def choice(self, name, count):
        return self.rng.randrange(count)


def main():
    problem = PROBLEMS[sys.argv[1] if len(sys.argv) > 1 else "hartmann"]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = {budget: [] for budget in BUDGETS}
    for run in range(first, first + runs):
        rng = random.Random(run)
        made = problem(rng)
        typical = sum(made.truth(made.ask(Draw(rng))) for _ in range(400)) / 400
        seen = []

        def objective(trial):
            value = made.truth(made.ask(Ask(trial)))
            seen.append((value + problem.noise * rng.gauss(0, 1), value))
            return seen[-1][0]

        # Conditional parameters: a group of its own for each, or Optuna draws them one by one.
        sampler = optuna.samplers.TPESampler(seed=run, multivariate=True, group=problem is Family)
        optuna.create_study(direction="maximize", sampler=sampler).optimize(objective, n_trials=max(BUDGETS))
        for budget in BUDGETS:
            rows[budget].append(max(seen[:budget])[1] / typical)
    print(f"optuna {optuna.__version__}, {problem.__name__.lower()}, {runs} runs")
    for budget, regrets in rows.items():
        mean = sum(regrets) / runs
        se = math.sqrt(sum((r - mean) ** 2 for r in regrets) / max(1, runs - 1) / runs)
        print(f"{budget:4d} {mean:.3f} ± {se:.3f}")


if __name__ == "__main__":
    main()
