"""Measure a language model: on the part of its text that was held out, or on another text."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from unspool.data.corpus import Documents, Stream, Text, write_part
from unspool.data.documents import read_documents
from unspool.data.findings import Findings
from unspool.data.sources import Sources
from unspool.data.table import read_texts
from unspool.data.tokens import Part, open_part
from unspool.data.training_text import open_training_text
from unspool.decode.boundaries import TokenTexts
from unspool.engines.base import SequenceNetwork
from unspool.evaluate.bits import Figures
from unspool.evaluate.parts import evaluate_parts
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.data import DOCUMENTS
from unspool.tasks.evaluation import of_spec, read_as_in_training, say_findings, temporary_folder
from unspool.tasks.language.adaptation import measure_adapted
from unspool.tasks.language.copying import Copying
from unspool.tasks.language.keystrokes import measure_keystrokes
from unspool.tasks.language.specs import TextDataSpec, TextEvaluationSpec
from unspool.tasks.opening import read_recipe
from unspool.text.tokenizer import Tokenizer

MAX_ROWS, TOKENS_PER_ROW = 64, 4096  # of a held-out stream; each row first reads the 1,024 tokens before its part
MAX_TOKENS = 300_000  # of a held-out stream; the figures of a longer one are estimated from these


def open_text(names: tuple[str, ...], spec: TextDataSpec, findings: Findings | None = None) -> Text:
    """Read sources as one stream or as documents, with the settings of the spec."""
    sources = Sources(names, spec, tables=bool(spec.text), findings=findings)
    if not spec.by_document:
        return Stream(sources)

    def read(sources: Sources) -> Iterator[str]:
        separator = spec.dividing
        found = read_texts(sources, spec.text) if separator is None else read_documents(sources, separator)
        return (text for text, _ in found)

    return Documents(sources, read)


def held_out_figures(network: SequenceNetwork, part: Part) -> Figures:
    """Measure a network on the held-out part, for the closing figures of a run and for `evaluate` without data."""
    rows = max(1, min(MAX_ROWS, len(part.tokens) // TOKENS_PER_ROW))
    return evaluate_parts(network, part, rows=rows, limit=MAX_TOKENS)


def evaluate_language(
    network: SequenceNetwork,
    texts: TokenTexts,
    folder: ModelFolder,
    settings: Mapping[str, Any],
) -> Figures:
    """Measure a model on the text that the settings name, or on the part that its run held out.

    Args:
        network: is that of the model.
        texts: are those of its tokens, and say whether it learnt where documents end.
        folder: holds the held-out part, and says how its text was read.
        settings: are fields of `TextDataSpec` and of `TextEvaluationSpec`; without sources, the held-out part is read.
    """
    tokenizer, by_document = texts.tokenizer, texts.by_document
    further = build(TextEvaluationSpec, of_spec(settings, TextEvaluationSpec), "evaluate")
    if further.copying:
        open_training_text(folder.training, "copying")  # where it is gone, that is said before anything is measured

    def measured(part: Part, figures: Figures) -> Figures:
        """Add the figures that were requested."""
        if further.copying:
            data = read_recipe(folder).data
            figures = replace(figures, copying=Copying(network, tokenizer, folder, by_document, data).figures(part))
        if further.adapt:
            figures = replace(figures, adapted=measure_adapted(network, folder, part))
        if further.keystrokes:
            found = measure_keystrokes(network, texts, part)
            figures = replace(figures, keystrokes=found)
        return figures

    settings = of_spec(settings, TextDataSpec)
    if not settings["sources"]:
        part = open_part(folder.training, "validation")
        return measured(part, held_out_figures(network, part))
    with reading_text(tokenizer, folder, settings) as part:
        return measured(part, evaluate_parts(network, part))


@contextmanager
def reading_text(
    tokenizer: Tokenizer,
    folder: ModelFolder,
    settings: Mapping[str, Any],
    on_bytes: Callable[[int], None] = lambda size: None,
    purpose: str = "evaluate",
) -> Iterator[Part]:
    """Read another text as that of the training, and give it encoded; what was found in it is said.

    Args:
        tokenizer: encodes it.
        folder: says how the text of the training was read.
        settings: are fields of `TextDataSpec`, the sources among them.
        on_bytes: receives the number of bytes that have been encoded so far.
        purpose: is the verb by which an error says what the text is for.

    Raises:
        DataError: the text is empty, or cannot be read.
    """
    kept = (folder.path / "recipe.toml").exists()  # not by a model that another program trained
    data: TextDataSpec = read_recipe(folder).data if kept else TextDataSpec()
    if data.text and not any(settings.get(name) for name in DOCUMENTS):  # another text need not be a table
        settings = {"delimiter": "auto", "header": None, **settings, "lines": True}
    spec = read_as_in_training(data, of_spec(settings, TextDataSpec), (DOCUMENTS,))
    findings = Findings()
    with temporary_folder() as path:
        write_part(path, "text", tokenizer, open_text(spec.sources, spec, findings), on_bytes, purpose)
        say_findings(findings)
        yield open_part(path, "text")
