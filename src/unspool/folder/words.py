"""The words of a model card's figures, each explained in a sentence."""

WORDS = {
    "bits_per_byte": "bits that a byte of new text costs the model; less is better. It compares across tokenizers.",
    "bits_per_character": "the same per character; good models of prose reach 1 to 2.",
    "nats_per_token": "the mean surprise of a token, in natural units: 0.69 is that of a tossed coin.",
    "perplexity": "among how many equally likely tokens the model would choose, on average.",
    "fresh_bits_per_character": "bits per character shortly after the start of a text, which is what a prompt meets.",
    "fresh_nats_per_token": "the same per token, in natural units.",
    "stuck": "the fraction of starts from which the model never finds into the text; it should be 0.",
    "network_nats_per_token": "the surprise of the network alone, without the counts that it is mixed with.",
    "counts_nats_per_token": "the surprise of these counts alone.",
    "accuracy": "the fraction of examples whose likeliest label is the right one.",
    "macro_f1": "precision and recall in one, as the mean over labels: rare ones count as much as frequent ones.",
    "nats_per_label": "the mean surprise of the right label: 0 is certain and right.",
    "bleu": "how many words and phrases of an output stand in its reference, 0 to 100 (Papineni et al., 2002).",
    "chrf": "the same of characters, which is fairer to inflected words (Popović, 2015).",
    "exact": "the fraction of outputs that equal their reference.",
    "greedy_exact": "the same without a search, always taking the likeliest token.",
    "bleu4": "how many phrases of up to four words of a caption stand in what people wrote.",
    "cider": "the same, weighing the words that say most about a picture (Vedantam et al., 2015).",
    "rouge_l": "how much of what people wrote a caption has in the same order.",
}
