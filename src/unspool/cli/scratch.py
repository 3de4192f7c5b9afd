"""What the help of `train` says of the fields of recipes, until their specs say so themselves."""

from unspool.specs.base import Option, Spec
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderShape, EncoderShape, HeadShape
from unspool.specs.training import BudgetSpec, TrainingSpec

OPTIONS = {
    # data
    "sources": Option(hidden=True),
    "encoding": Option("Data", synonyms=("charset", "codec"), metavar="NAME"),
    "suffixes": Option("Data", synonyms=("extension", "extensions", "endings", "glob"), metavar=".EXT"),
    "lines": Option("Data", True, synonyms=("by-line", "per-line", "documents")),
    "tokenizer": Option(
        "Data",
        True,
        synonyms=("tokens", "level", "unit"),
        default="char; of pairs bpe; of texts to classify word or char",
    ),
    "lowercase": Option("Data", synonyms=("lower", "uncased", "case"), default="on for words of classified texts"),
    "vocabulary_limit": Option("Data", synonyms=("vocab", "vocabulary", "vocabulary-size", "max-vocab")),
    "max_length": Option(
        "Data", synonyms=("max-tokens", "max-len", "truncate", "length"), default="100; of texts to classify 256"
    ),
    "validation": Option("Data", False, (), ("held-out", "test", "dev", "valid", "val"), "FILE"),
    "validation_split": Option("Data", synonyms=("validation-fraction", "split", "held-out-fraction", "test-size")),
    # tables
    "text": Option("Tables", True, (), ("column", "texts"), "COL"),
    "label": Option("Tables", True, (), ("class", "labels", "y"), "COL"),
    "condition": Option("Tables", True, (), ("given", "conditions", "conditional"), "COL"),
    "condition_kind": Option("Tables", synonyms=("kind", "condition-type")),
    # pairs
    "source": Option("Pairs", True, (), ("src", "input"), "COL"),
    "target": Option("Pairs", True, (), ("tgt", "to"), "COL"),
    "source_file": Option("Pairs", synonyms=("src-file",), metavar="FILE"),
    "target_file": Option("Pairs", synonyms=("tgt-file",), metavar="FILE"),
    "validation_source_file": Option("Pairs", metavar="FILE"),
    "validation_target_file": Option("Pairs", metavar="FILE"),
    "joint_vocabulary": Option("Pairs", synonyms=("shared-vocabulary", "share-vocab", "joint-vocab", "joint")),
    # network
    "cell": Option(
        "Network",
        synonyms=("rnn", "unit", "lstm", "gru", "model", "arch"),
        default="gru or lstm, as text and time decide",
    ),
    "num_layers": Option("Network", synonyms=("layers", "depth", "n-layers")),
    "hidden_size": Option(
        "Network",
        True,
        (),
        ("hidden", "hidden-dim", "width", "size", "units", "state-size", "rnn-size", "n-hidden"),
        default="as wide as text and time allow",
    ),
    "embedding_size": Option(
        "Network", synonyms=("embedding", "emb", "embedding-dim", "embed-size"), default="64; 256 of large vocabularies"
    ),
    "tie_weights": Option("Network", synonyms=("tied", "tie", "weight-tying", "tie-embeddings")),
    "encoder_cell": Option("Network"),
    "encoder_layers": Option("Network"),
    "encoder_size": Option("Network", synonyms=("encoder-hidden", "encoder-hidden-size")),
    "encoder_embedding": Option("Network", synonyms=("encoder-embedding-size",)),
    "bidirectional": Option("Network", synonyms=("bi", "both-directions", "bilstm")),
    "attention": Option("Network", synonyms=("attend",)),
    "decoder_input": Option("Network", synonyms=("feed-previous", "input")),
    "pooling": Option("Network", synonyms=("pool", "head"), default="attention of words, else max"),
    # training
    "batch_size": Option(
        "Training", flags=("-b",), synonyms=("batch", "rows", "bs"), default="as the processor is fastest"
    ),
    "sequence_length": Option("Training", synonyms=("bptt", "window", "context", "block-size", "seq-length", "length")),
    "optimizer": Option("Training", synonyms=("optim", "algorithm")),
    "learning_rate": Option("Training", flags=("--lr",), synonyms=("rate", "step-size", "eta")),
    "matrix_rate": Option("Training", synonyms=("muon-rate", "muon-lr", "matrix-lr"), default="0.02; of a gru 0.03"),
    "weight_decay": Option("Training", synonyms=("wd", "l2", "decay")),
    "warmup": Option("Training", synonyms=("warmup-fraction", "warmup-steps")),
    "final_rate": Option("Training", synonyms=("min-lr", "final-lr", "end-rate")),
    "clip": Option("Training", synonyms=("grad-clip", "clip-norm", "gradient-clip", "max-grad-norm")),
    "dropout": Option("Training", synonyms=("drop", "regularization"), default="as the passes over the text ask"),
    "input_dropout": Option("Training", synonyms=("embedding-dropout",), default="as dropout"),
    "recurrent_dropout": Option(
        "Training", synonyms=("dropconnect", "weight-dropout", "state-dropout"), default="0.4 of dropout"
    ),
    "word_dropout": Option("Training", synonyms=("token-dropout", "unk-rate")),
    "label_smoothing": Option("Training", synonyms=("smoothing",)),
    "teacher_forcing": Option("Training", synonyms=("teacher-forcing-ratio", "forcing")),
    "scheduled_sampling": Option("Training", synonyms=("scheduled", "curriculum")),
    "averaged": Option(
        "Training", synonyms=("average", "averaging", "swa", "checkpoints"), default="1; of translation 4"
    ),
    "class_weights": Option("Training", synonyms=("balanced", "weights", "class-weight", "balance")),
    "unfreeze": Option(
        "Training", synonyms=("freeze", "gradual-unfreezing", "frozen"), metavar="at-once|gradual|UPDATES"
    ),
    "reset_probability": Option("Training", synonyms=("reset", "resets", "state-reset")),
    "precision": Option(
        "Training", synonyms=("dtype", "amp", "bf16", "mixed-precision"), default="the processor's fastest"
    ),
    "threads": Option("Training", synonyms=("workers", "cores", "num-threads", "jobs", "cpus")),
    "settled_threads": Option(hidden=True),
    "validations": Option(
        "Training", synonyms=("evals", "eval-interval", "validate"), default="by the minutes, 3 to 20"
    ),
    "patience": Option("Training", synonyms=("early-stopping", "early-stop")),
    "seed": Option("Training", True, synonyms=("random-seed", "random-state")),
    # budget
    "minutes": Option("Budget", True, ("-m",), ("time", "duration", "max-time", "hours", "seconds"), default="3"),
    "epochs": Option("Budget", flags=(), synonyms=("epoch", "passes", "n-epochs", "num-epochs")),
    "steps": Option("Budget", synonyms=("iterations", "iters", "updates", "max-steps", "max-iters")),
}
REPLACED = (
    "text_column",
    "further_columns",
    "label_column",
    "source_column",
    "target_column",
    "condition_columns",
    "validation_sources",
    "validation_fraction",
)  # by `Columns`


def mark(*kinds: type[Spec]) -> tuple[type[Spec], ...]:
    """Let the fields of specs say how a command line gives them."""
    for kind in kinds:
        for name, field in kind.model_fields.items():
            field.json_schema_extra = {"option": Option(hidden=True) if name in REPLACED else OPTIONS[name]}  # type: ignore[dict-item]
    return kinds


SPECS = mark(DataSpec, DecoderShape, EncoderShape, HeadShape, TrainingSpec, BudgetSpec)
