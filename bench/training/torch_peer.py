"""The benchmark's models in PyTorch: dense Adam, and sparse embedding gradients with SparseAdam or Adagrad.

Reads one JSON object from stdin (sizes, threads, steps) and prints one JSON object: {"version", "rows": [...]}.
Batches are cut from tensors made beforehand, so loading costs PyTorch nothing.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def power_law(shape, size):
    """Ids 1 .. size-1 with density proportional to 1/id."""
    return torch.exp(torch.rand(shape) * math.log(size)).long().clamp(1, size - 1)


class Tables(nn.Module):
    def __init__(self, sizes, dim, sparse):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, dim, sparse=sparse, padding_idx=0) for size in sizes)
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.01)

    def forward(self, ids):  # [B, F] -> [B, F, D]
        return torch.stack([table(ids[:, f]) for f, table in enumerate(self.tables)], 1)


def tower(widths, activation=nn.ReLU):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 1))


class Dnn(nn.Module):
    def __init__(self, c, sparse):
        super().__init__()
        self.tables = Tables(c["vocabularies"], c["dim"], sparse)
        self.tower = tower([len(c["vocabularies"]) * c["dim"], 400, 400, 400])

    def forward(self, ids, _history):
        return self.tower(self.tables(ids).flatten(1)).squeeze(1)


class Dcnv2(nn.Module):
    def __init__(self, c, sparse):
        super().__init__()
        width = len(c["vocabularies"]) * c["dim"]
        self.tables = Tables(c["vocabularies"], c["dim"], sparse)
        self.crosses = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.deep = nn.Sequential(nn.Linear(width, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU())
        self.out = nn.Linear(width + 400, 1)

    def forward(self, ids, _history):
        x0 = self.tables(ids).flatten(1)
        x = x0
        for cross in self.crosses:
            x = x0 * cross(x) + x
        return self.out(torch.cat([x, self.deep(x0)], 1)).squeeze(1)


class Din(nn.Module):
    def __init__(self, c, sparse):
        super().__init__()
        dim = c["dim"]
        self.tables = Tables(c["vocabularies"], dim, sparse)
        self.attention = tower([4 * dim, 80, 40], nn.Sigmoid)
        self.tower = tower([len(c["vocabularies"]) * dim + 2 * dim, 200, 80], nn.PReLU)

    def forward(self, ids, history):
        rows = self.tables(ids)
        query = rows[:, 1]
        keys = self.tables.tables[1](history)  # [B, L, D]
        queries = query.unsqueeze(1).expand_as(keys)
        weights = self.attention(torch.cat([queries, keys, queries - keys, queries * keys], 2)).squeeze(2)
        weights = weights * (history > 0)
        interest = torch.bmm(weights.unsqueeze(1), keys).squeeze(1)
        return self.tower(torch.cat([rows.flatten(1), interest, interest * query], 1)).squeeze(1)


class SasRec(nn.Module):
    """Pre-norm blocks, full softmax over the positions that have a target, tied output table."""

    def __init__(self, s, sparse):
        super().__init__()
        dim = s["dim"]
        self.length = s["maxLength"]
        self.items = nn.Embedding(s["items"], dim, padding_idx=0)
        self.positions = nn.Embedding(self.length, dim)
        self.drop = nn.Dropout(0.2)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, s["heads"], dim, 0.2, batch_first=True, norm_first=True) for _ in range(s["blocks"])
        )
        self.norm = nn.LayerNorm(dim)
        self.register_buffer("causal", torch.triu(torch.ones(self.length, self.length, dtype=torch.bool), 1))

    def forward(self, items, targets):
        x = self.drop(self.items(items) * self.items.embedding_dim**0.5 + self.positions.weight)
        for block in self.blocks:
            x = block(x, src_mask=self.causal, is_causal=True)
        asked = targets > 0
        queries = self.norm(x)[asked]
        return F.cross_entropy(queries @ self.items.weight.T, targets[asked])


def optimizers(model, kind):
    tables = [p for name, p in model.named_parameters() if name.startswith("tables.")]
    dense = [p for name, p in model.named_parameters() if not name.startswith("tables.")]
    if kind == "dense-adam":
        return [torch.optim.Adam(tables + dense, lr=1e-3)]
    sparse = torch.optim.SparseAdam(tables, lr=1e-3) if kind == "sparse-adam" else torch.optim.Adagrad(tables, lr=1e-2)
    return [torch.optim.Adam(dense, lr=1e-3), sparse]


def timed(step, count, warm=5):
    times = []
    for i in range(count + warm):
        begun = time.perf_counter()
        step(i)
        if i >= warm:
            times.append(time.perf_counter() - begun)
    times.sort()
    return 1000 * times[len(times) // 2]


def click_case(make, c, kind, count, history):
    torch.manual_seed(1)
    model = make(c, kind != "dense-adam")
    opts = optimizers(model, kind)
    rows = c["batch"] * 16
    ids = torch.stack([power_law((rows,), size) for size in c["vocabularies"]], 1)
    past = power_law((rows, c["history"]), c["vocabularies"][1]) if history else ids
    labels = (torch.rand(rows) < 0.3).float()

    def step(i):
        at = slice(c["batch"] * (i % 16), c["batch"] * (i % 16 + 1))
        for opt in opts:
            opt.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(model(ids[at], past[at]), labels[at]).backward()
        for opt in opts:
            opt.step()

    return timed(step, count)


def sequence_case(s, count):
    torch.manual_seed(1)
    model = SasRec(s, False)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    batch, length, asked = s["batch"], s["maxLength"], s["eventsPerUser"] - 1
    events = power_law((batch * 4, length + 1), s["items"] - 1) + 1
    items, targets = events[:, :-1].clone(), events[:, 1:].clone()
    items[:, : length - asked] = 0
    targets[:, : length - asked] = 0

    def step(i):
        at = slice(batch * (i % 4), batch * (i % 4 + 1))
        opt.zero_grad(set_to_none=True)
        model(items[at], targets[at]).backward()
        opt.step()

    return timed(step, count, 2)


def main():
    request = json.load(sys.stdin)
    torch.set_num_threads(request["threads"])
    click, sequences = request["click"], request["sequences"]
    makers = {"dnn": (Dnn, False), "dcnv2": (Dcnv2, False), "din": (Din, True)}
    rows = []
    for case in request["cases"]:
        if case in makers:
            make, history = makers[case]
            for kind in ("dense-adam", "sparse-adam", "sparse-adagrad"):
                step_ms = click_case(make, click, kind, request["steps"], history)
                rows.append({"id": case, "optimizer": kind, "stepMs": step_ms})
        else:
            rows.append({"id": case, "optimizer": "dense-adam", "stepMs": sequence_case(sequences, max(3, request["steps"] // 5))})
    json.dump({"version": torch.__version__, "rows": rows}, sys.stdout)


main()
