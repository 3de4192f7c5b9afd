"""All parts of one network as a PyTorch module: what has weights, and what goes through what.

Shapes: B rows, T time steps, V tokens, C labels.
"""

from typing import cast

from torch import Tensor, nn

from unspool.data.batches import Source
from unspool.engines.torch.attention import Head
from unspool.engines.torch.decoder import Bridge, Decoder, TorchState
from unspool.engines.torch.encoders import Encoded, make_encoder
from unspool.engines.torch.layers import Dropout
from unspool.specs.network import NetworkSpec


class Parts(nn.Module):
    """The parts that a spec names; the others are none.

    Args:
        spec: what to build.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        width = spec.encoder.width if spec.encoder else 0
        self.encoder = make_encoder(spec.encoder) if spec.encoder else None
        self.bridge = Bridge(width, spec.decoder) if spec.encoder and spec.decoder else None
        self.decoder = Decoder(spec.decoder, width) if spec.decoder else None
        self.head = Head(spec.head, width) if spec.head else None

    def read(self, source: Source, dropout: Dropout | None = None) -> Encoded:
        """Sources to states."""
        assert self.encoder is not None, "this network has no encoder"
        return cast(Encoded, self.encoder(source, dropout))

    def start(self, encoded: Encoded) -> TorchState:
        """States to where the decoder starts."""
        assert self.bridge is not None, "this network has no bridge"
        attention = self.writer.attention
        return TorchState(self.bridge(encoded), attention.precompute_keys(encoded) if attention is not None else None)

    def classify(self, encoded: Encoded) -> Tensor:
        """States to scores [B, C]."""
        assert self.head is not None, "this network has no head"
        return cast(Tensor, self.head(encoded))

    def initial_state(self, rows: int) -> TorchState:
        """Zeros; of a network that writes nothing, no cell state at all."""
        return self.decoder.initial_state(rows) if self.decoder is not None else TorchState(())

    @property
    def writer(self) -> Decoder:
        """The decoder of a network that must have one."""
        assert self.decoder is not None, "a network that only classifies writes nothing"
        return self.decoder
