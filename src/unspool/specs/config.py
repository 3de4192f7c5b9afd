"""What `config.json` holds: the description of a trained model. Each task adds what only its models have."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from unspool.specs.base import Spec
from unspool.specs.data import TokenKind
from unspool.specs.network import NetworkSpec

FORMAT_VERSION = 2


class Config(Spec):
    """What every model has.

    Attributes:
        format_version: is the version of the folder's format; one that is newer than the program is refused.
        task: names what the model does.
        tokenizer: names the kind of tokenizer in `tokenizer.json`; none where a model neither reads nor writes texts.
        network: describes the network to build.
    """

    format_version: int = Field(FORMAT_VERSION, ge=1)
    task: str
    tokenizer: TokenKind | None = None
    network: NetworkSpec

    @model_serializer(mode="wrap")
    def _without_a_missing_tokenizer(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        return {name: value for name, value in found.items() if name != "tokenizer" or value is not None}
