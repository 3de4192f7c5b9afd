"""`unspool export`: a model for Keras, TensorFlow, PyTorch or KenLM."""

from unspool.cli.arguments import AsJson, ExportOut, ModelPath, Overwrite
from unspool.cli.console import write, write_json
from unspool.cli.options import Settings, with_options
from unspool.specs.runtime import ExportSpec


@with_options(settings=ExportSpec)
def export(
    model: ModelPath,
    out: ExportOut = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    *,
    settings: Settings,
) -> None:
    """Write a model for Keras, TensorFlow or PyTorch, or n-grams for KenLM, to be used without Unspool.

    It is made of standard layers, and predicts the same. Tokens are the ids of tokenizer.json in the model folder. Of a
    model that was counted, arpa writes the n-grams with their probabilities and backoff weights.

    Examples:
        unspool export runs/alice
        unspool export runs/alice --format saved-model --out alice-saved-model
        unspool export runs/counted --format arpa
    """
    from unspool.api import load
    from unspool.models.export import FORMATS, export_model

    opened = load(model, engine="numpy")
    path = export_model(opened, out, overwrite=overwrite, **settings)
    chosen = ExportSpec(**settings).format
    loading = FORMATS[chosen].loading.format(path=str(path))
    if as_json:
        write_json({"model": str(opened.path), "format": chosen, "path": str(path), "python": loading})
    else:
        write(f"{path} was written. Read it in Python with {loading}.\n")
