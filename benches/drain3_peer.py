"""Drain3 from PyPI on the lines that `cargo bench --bench parsing -- export DIR` wrote: templates per line and lines/s.

    drain3_peer.py DIR [LINES]

Two configurations: the defaults, and the masks of Drain3's own README, read from the installed package. Writes
DIR/SET.plain.tsv and DIR/SET.masked.tsv (cluster, template) for each DIR/SET.txt, and DIR/speed.tsv."""

import glob
import importlib.metadata
import json
import os
import re
import sys
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig


def readme_masks():
    text = importlib.metadata.metadata("drain3").get_payload() or importlib.metadata.metadata("drain3")["Description"]
    found = re.search(r"masking\s*=\s*(\[\s*\{.*?\})\s*,?\s*\]", text, re.S)
    return [MaskingInstruction(m["regex_pattern"], m["mask_with"]) for m in json.loads(found.group(1) + "]")]


def miner(masked):
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    if masked:
        config.masking_instructions = readme_masks()
    return TemplateMiner(config=config)


def main():
    folder = sys.argv[1]
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    speeds = []
    for path in sorted(glob.glob(os.path.join(folder, "*.txt"))):
        name = os.path.basename(path)[: -len(".txt")]
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")[:-1]
        for kind in ("plain", "masked"):
            drain = miner(kind == "masked")
            if len(lines) > 2_000:
                start, done = time.perf_counter(), 0
                while done < wanted:
                    for line in lines[: wanted - done]:
                        drain.add_log_message(line)
                    done += min(len(lines), wanted - done)
                speeds.append(f"{name}\t{kind}\t{done / (time.perf_counter() - start):.0f}\t{len(drain.drain.clusters)}")
                continue
            ids = [drain.add_log_message(line)["cluster_id"] for line in lines]
            texts = {c.cluster_id: re.sub(r"<[A-Z*]+>", "<*>", c.get_template()) for c in drain.drain.clusters}
            with open(os.path.join(folder, f"{name}.{kind}.tsv"), "w", encoding="utf-8") as out:
                out.writelines(f"{i}\t{texts[i]}\n" for i in ids)
    with open(os.path.join(folder, "speed.tsv"), "w", encoding="utf-8") as out:
        out.write("".join(f"{speed}\n" for speed in speeds))


main()
