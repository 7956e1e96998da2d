"""How long a look inside takes, per kind of layer: `python -m tests.support.looks [DEMO] [PRESET]`.

Every layer of a network is looked at twice as the page does it, from the input to the finished
HTML, after a first look that loads the network and runs it. Prints a table of Markdown.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict

import gradio as gr
import numpy as np

from mmdemo.catalog import DEMOS
from mmdemo.core.nets import calls
from mmdemo.core.ui import arrival, inside
from mmdemo.core.weights import artifacts

LOOKS = 2


def main(slug: str = "localizer", preset: str = "default") -> None:
    demo = next(demo for demo in DEMOS if demo.slug == slug)
    model_id = demo.model_id(preset)
    with gr.Blocks(), arrival.page(demo) as drawn:
        demo.module("tab").render()
    rows = artifacts.read_json(artifacts.locate(model_id), "architecture.json")
    inside.show(demo, model_id, inside.Wish(rows[0]["name"]), drawn.asking)
    taken = defaultdict(list)
    for _ in range(LOOKS):
        for row in rows:
            started = time.perf_counter()
            inside.show(demo, model_id, inside.Wish(row["name"]), drawn.asking)
            taken[row["type"]].append(1000 * (time.perf_counter() - started))
    taken["all"] = [one for own in taken.values() for one in own]
    print("| kind of layer | layers | p50, ms | p95, ms |\n|---|---|---|---|")
    for kind, own in sorted(taken.items(), key=lambda item: -len(item[1])):
        middle, high = np.percentile(own, (50, 95))
        print(f"| {kind} | {len(own) // LOOKS} | {middle:.0f} | {high:.0f} |")
    print(f"\n{model_id}: what its calls gave takes {calls.memory.nbytes / 1024**2:.0f} MB.")


if __name__ == "__main__":
    main(*sys.argv[1:])
