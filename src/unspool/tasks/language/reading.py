"""Let a language model read more: some passes over a text, learnt with its own tokenizer, in seconds.

text -> ids -> windows, scored before they are learnt the first time -> weights; n-grams -> counts
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unspool.arrays import Arrays
from unspool.data.corpus import write_part
from unspool.data.findings import Findings
from unspool.data.sources import describe_sources
from unspool.data.tokens import Part, open_part, unknown_warnings
from unspool.engines.announcing import announce
from unspool.engines.base import SequenceNetwork
from unspool.evaluate.adapted import AdaptedFigures, adapted_figures
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.config import Config
from unspool.tasks.evaluation import of_spec, read_as_in_training, say_findings, temporary_folder
