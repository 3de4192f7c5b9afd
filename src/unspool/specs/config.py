"""What a trained model is: what `config.json` holds. Each task adds what only its models have."""

from pydantic import Field

from unspool.specs.base import Spec
from unspool.specs.data import TokenizerName
from unspool.specs.network import NetworkSpec

FORMAT_VERSION = 2


class Config(Spec):
    """What every model has.

    Attributes:
        format_version: of the folder; a newer one than this program knows is refused.
        task: the name of what the model does.
        tokenizer: which kind of tokenizer `tokenizer.json` is.
        network: what to build.
    """

    format_version: int = Field(FORMAT_VERSION, ge=1)
    task: str
    tokenizer: TokenizerName
    network: NetworkSpec
