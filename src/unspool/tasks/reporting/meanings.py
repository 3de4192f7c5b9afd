"""What the figures mean that close a run, a line each, for people who read them for the first time."""

MEANINGS = {
    "bits_per_byte": "bits per byte of UTF-8, the state carried along; compares any two models",
    "bits_per_character": "bits per character, the state carried along",
    "nats_per_token": "nats per token: the loss of training, measured on what was held out",
    "perplexity": "perplexity: among how many tokens it is undecided at each",
    "fresh_bits_per_character": "bits per character from fresh starts, as after a prompt",
    "fresh_nats_per_token": "the same in nats per token",
    "stuck": "share of fresh starts that never find into the text",
    "network_nats_per_token": "nats per token of the network alone",
    "counts_nats_per_token": "nats per token of the counts alone",
    "accuracy": "share of right labels",
    "macro_f1": "macro F1: the mean over the labels of the harmonic mean of precision and recall",
    "nats_per_label": "nats per label: the loss of training, measured on what was held out",
    "network_accuracy": "share of right labels by the network alone",
    "counts_accuracy": "share of right labels by the counts alone",
    "greedy_exact": "share of held-out examples that are exactly right, without a search",
    "greedy_bleu4": "BLEU-4, 0 to 100: up to four words in a row in common",
    "greedy_cider": "CIDEr-D, 0 to 10: words in common, of which rare ones weigh more",
}
