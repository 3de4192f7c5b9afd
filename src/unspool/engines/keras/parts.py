"""All parts of one network in TensorFlow, and the loss of a batch.

    source -> encoder -> states -> bridge -> decoder -> tokens' loss
                          `-----> head ------------> labels' loss

Shapes: B rows, T time steps, V tokens, C labels.
"""

from typing import NamedTuple

import tensorflow as tf

from unspool.data.batches import Batch, Source
from unspool.engines.keras.attention import Head
from unspool.engines.keras.decoder import Bridge, Decoder, KerasState
from unspool.engines.keras.encoders import Encoded, make_encoder
from unspool.engines.keras.layers import Dropout
from unspool.engines.keras.loss import cross_entropy, token_loss
from unspool.engines.keras.platform import as_tensor
from unspool.specs.network import NetworkSpec


class Objective(NamedTuple):
    """The settings of the loss.

    Attributes:
        label_smoothing: is the fraction of the target probability that is spread over all tokens or labels, 0 to 1.
        class_weights: weigh the losses of the labels, [C]; none weighs all the same.
    """

    label_smoothing: float = 0.0
    class_weights: tf.Tensor | None = None


class Parts(tf.Module):
    """Holds the parts that a spec names; the others are none.

    Args:
        spec: says what to build.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        width = spec.encoder.width if spec.encoder else 0
        self.encoder = make_encoder(spec.encoder) if spec.encoder else None
        self.bridge = Bridge(width, spec.decoder) if spec.encoder and spec.decoder else None
        self.decoder = Decoder(spec.decoder, width) if spec.decoder else None
        self.head = Head(spec.head, width) if spec.head else None

    def __call__(
        self,
        batch: Batch,
        state: KerasState,
        objective: Objective,
        dropout: Dropout,
        forcing: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, KerasState]:
        """Compute the loss of a batch.

        Args:
            batch: holds what to read and predict, as arrays or tensors.
            state: is what the decoder starts from if the batch has no source.
            objective: holds the settings of the loss.
            dropout: draws the masks, and the sampled inputs.
            forcing: is the fraction of the decoder's inputs that are the true tokens, 0 to 1; none gives all of them.

        Returns:
            the loss of the tokens, of the labels, or their sum, in nats per target, []; and the state after the batch.
        """
        losses: list[tf.Tensor] = []
        if batch.source is not None:
            encoded = self.read(batch.source, dropout)
            if batch.labels is not None:
                scores, labels = self.classify(encoded), as_tensor(batch.labels)  # (B, C), (B)
                losses.append(cross_entropy(scores, labels, objective.label_smoothing, objective.class_weights))
            if self.decoder is not None:
                state = self.start(encoded)
        if self.decoder is not None:
            inputs = as_tensor(batch.inputs)  # (B, T)
            if forcing is not None:
                logits, _ = self.decoder(inputs[:, :-1], state)  # (B, T - 1, V)
                inputs = dropout.sample(inputs, logits, forcing)
            logits, state = self.decoder(inputs, state, dropout)  # (B, T, V)
            flat, targets = tf.reshape(logits, [-1, logits.shape[2]]), tf.reshape(batch.targets, [-1])  # (N, V), (N)
            losses.append(token_loss(flat, targets, objective.label_smoothing))
        return tf.add_n(losses), state

    def read(self, source: Source, dropout: Dropout | None = None) -> Encoded:
        """Encode sources to states."""
        assert self.encoder is not None, "this network has no encoder"
        encoded: Encoded = self.encoder(source, dropout)
        return encoded

    def start(self, encoded: Encoded) -> KerasState:
        """Bridge an encoder's states to the state that the decoder starts from."""
        assert self.bridge is not None, "this network has no bridge"
        attention = self.require_decoder().attention
        return KerasState(self.bridge(encoded), attention.precompute_keys(encoded) if attention is not None else None)

    def classify(self, encoded: Encoded) -> tf.Tensor:
        """Score the labels: an encoder's states to [B, C]."""
        assert self.head is not None, "this network has no head"
        return self.head(encoded)

    def initial_state(self, rows: int) -> KerasState:
        """Make a state of zeros; without a decoder it has no cell states."""
        return self.decoder.initial_state(rows) if self.decoder is not None else KerasState(())

    def require_decoder(self) -> Decoder:
        """Return the decoder of a network that must have one."""
        assert self.decoder is not None, "this network has no decoder"
        return self.decoder
