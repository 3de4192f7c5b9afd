"""Captions are compared as the public definitions say: cases worked out by hand, and the figures made of them."""

import math
from math import exp, sqrt

import pytest

from unspool.evaluate.captions import caption_figures
from unspool.evaluate.captions_overlap import CaptionReferences
from unspool.evaluate.captions_tokens import caption_tokens


def against(*references: list[str]) -> CaptionReferences:
    return CaptionReferences([[tuple(one.split()) for one in several] for several in references])


def words(*captions: str) -> list[tuple[str, ...]]:
    return [tuple(caption.split()) for caption in captions]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A man's dog doesn't sit .", "a man 's dog does n't sit"),
        ('Two dogs, one "brown" (and wet)!', "two dogs one brown and wet"),
        ("A T-shirt -- black-and-white - is tied...", "a t-shirt black-and-white is tied"),
        ("3,000 people at 10:30, 2.5 metres & 5%", "3,000 people at 10:30 2.5 metres & 5 %"),
        ("We cannot see; they're gonna jump", "we can not see they 're gon na jump"),
        ("l’été à Paris «rouge»", "l'été à paris rouge"),
        ("The dogs' 'red' ball", "the dogs red ball"),
        ("end.Next,one", "end next one"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया"),
        ("一只狗。イヌ", "一 只 狗 イ ヌ"),
        (" .,-' ", ""),
        ("", ""),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    assert " ".join(caption_tokens(text)) == tokens


def test_bleu_clips_the_count_of_a_word() -> None:
    """The example of Papineni et al.: `the` occurs 7 times, and at most twice in a reference."""
    references = against(["the cat is on the mat", "there is a cat on the mat"])
    assert references.bleu(words("the the the the the the the")) == pytest.approx((100 * 2 / 7, 0, 0, 0))


def test_bleu_counts_over_all_captions() -> None:
    """Of `a dog runs fast`, 4 of 4 words match, 2 of 3 pairs, 1 of 2 triples, 0 of 1; of `a cat sits`, 3/3, 2/2, 1/1.

    Together 7/7, 4/5, 2/3 and 0/1. The lengths are 4 + 3; the closest references have 3 (not 6) and 5 words. So the
    brevity penalty is exp(1 - 8/7).
    """
    references = against(["a dog runs very fast today", "a dog runs"], ["a cat sits here now"])
    brevity = exp(1 - 8 / 7)
    assert references.bleu(words("a dog runs fast", "a cat sits")) == pytest.approx(
        (100 * brevity, 100 * brevity * sqrt(4 / 5), 100 * brevity * (4 / 5 * 2 / 3) ** (1 / 3), 0)
    )


def test_of_two_lengths_that_are_as_close_bleu_takes_the_shorter() -> None:
    """4 words between references of 3 and 5: with 3 there is no penalty, with 5 it would be exp(1 - 5/4)."""
    assert against(["a dog runs to me", "a dog runs"]).bleu(words("a dog runs to"))[0] == pytest.approx(100)


def test_cider_of_the_same_and_of_another_caption() -> None:
    """`a` is in the references of 2 of 2 pictures, its weight is log(2/2) = 0; `cat`, `dog`, `a cat`, `a dog`: log 2.

    `a cat` for `a cat`: words and pairs have cosine 1; there are no triples and no four words in a row. The mean over
    n = 1 to 4 is 2/4, times 10 is 5. `a cat` for `a dog`: nothing in common but `a`, which weighs nothing.
    """
    references = against(["a cat"], ["a dog"])
    assert references.cider(words("a cat", "a dog")) == pytest.approx(5)
    assert references.cider(words("a cat", "a cat")) == pytest.approx(2.5)
    assert references.cider(words("a dog", "a cat")) == 0


def test_cider_clips_counts_and_penalises_another_length() -> None:
    """All weights are log 2, and cancel. `red red red dog` for `red dog`:

    words: (3, 1) is cut to (1, 1); (1 + 1) / (sqrt(9 + 1) sqrt(1 + 1)) = 1/sqrt(5);
    pairs: `red red` twice, `red dog` once; 1 / (sqrt(4 + 1) sqrt(1)) = 1/sqrt(5); nothing longer.
    It is 2 words longer: exp(-2² / (2 6²)). `blue cat` for itself is 5, as above; the figure is the mean.
    """
    references = against(["red dog"], ["blue cat"])
    first = 10 * (2 / sqrt(5)) / 4 * exp(-4 / 72)
    assert references.cider(words("red red red dog", "blue cat")) == pytest.approx((first + 5) / 2)


def test_cider_is_the_mean_over_references_and_counts_pictures_not_captions() -> None:
    """`dog` is in both references of one picture: it counts once, and weighs log(2/1) as all words here.

    `small dog` for itself: 1 and 1. For `big dog`: words 1 / (sqrt(2) sqrt(2)) = 1/2, pairs 0. Mean of n: 2/4 and 1/8,
    of the references: 5/16, times 10: 3.125. The other picture's caption has nothing in common.
    """
    references = against(["small dog", "big dog"], ["grey cat"])
    assert references.cider(words("small dog", "white horse")) == pytest.approx(3.125 / 2)


def test_cider_weighs_rare_words_more() -> None:
    """Of 4 pictures, 2 have `dog` in their references (log 4/2) and 1 has `red` (log 4/1 = 2 log 2), as is `red dog`.

    `red cat` for `red dog`: words: `red` (2 log 2)² over the lengths of (red 2, cat 2) and (red 2, dog 1), in log 2,
    where `cat`, which is in no reference, weighs log(4/1): 4 / (sqrt(8) sqrt(5)). Pairs: 0.
    `dog` for `dog`: words 1, and nothing longer: 10/4.
    """
    references = against(["red dog"], ["dog"], ["horse"], ["bird"])
    first = 10 * 4 / (sqrt(8) * sqrt(5)) / 4
    assert references.cider(words("red cat", "dog", "", "fish")) == pytest.approx((first + 2.5) / 4)


def test_cider_of_a_single_picture_is_nothing() -> None:
    assert against(["a dog runs in the snow"]).cider(words("a dog runs in the snow")) == 0


@pytest.mark.parametrize(
    ("caption", "references", "score"),
    [
        # the examples of Lin (2004): 3 of 4 words in order, and 2 of 4, `the gunman`
        ("police kill the gunman", ["police killed the gunman"], 75),
        ("the gunman kill police", ["police killed the gunman"], 50),
        # precision 2/2, recall 2/4: (1 + 1.2²) 1 1/2 / (1/2 + 1.2² 1) = 1.22 / 1.94
        ("a dog", ["a dog runs now"], 100 * 1.22 / 1.94),
        # precision 3/3 from the second, recall 2/2 from the first
        ("a red dog", ["a dog", "a red dog runs in snow"], 100),
        ("a dog", ["two cats"], 0),
        ("", ["two cats"], 0),
        ("a dog", [""], 0),
    ],
)
def test_rouge_l(caption: str, references: list[str], score: float) -> None:
    assert against(references).rouge_l(words(caption)) == pytest.approx(score)


FOUND = ["A dog runs.", "a cat sits on a mat", "a dog runs", "two birds"]
REFERENCES = [["a dog runs", "The dog is running ."], ["a cat on a mat"], ["a horse jumps over a bar"], ["Two birds!"]]


def test_figures_say_what_is_told_of_captions() -> None:
    figures = caption_figures(FOUND, [True, True, True, False], REFERENCES, 1.5)
    assert (figures.pictures, figures.references, figures.seconds) == (4, 1.25, 1.5)
    assert figures.exact == 0.5
    assert figures.ended == 0.75
    assert (figures.commonest, figures.commonest_share, figures.different) == ("A dog runs.", 0.5, 3)
    references = CaptionReferences([[caption_tokens(one) for one in several] for several in REFERENCES])
    captions = [caption_tokens(one) for one in FOUND]
    assert figures.cider == references.cider(captions)
    assert (figures.bleu1, figures.bleu2, figures.bleu3, figures.bleu4) == references.bleu(captions)
    assert figures.rouge_l == references.rouge_l(captions)
    assert figures.commonest_cider == references.cider([captions[0]] * 4)
    assert figures.shuffled_cider == references.cider([*captions[2:], *captions[:2]])
    assert figures.shuffled_cider < figures.cider


def test_a_captioner_that_does_not_look_is_told_by_its_shuffled_captions() -> None:
    figures = caption_figures(["a dog runs"] * 4, [True] * 4, REFERENCES, 1.0)
    assert figures.cider == figures.shuffled_cider == figures.commonest_cider > 0
    assert figures.different == 1


def test_figures_that_do_not_exist_are_left_out() -> None:
    """A single picture cannot have the caption of another one."""
    figures = caption_figures(["a dog runs"], [True], [["a dog runs"]], 1.0).to_dict()
    assert not {"shuffled_cider", "shuffled_bleu4", "nats_per_token", "perplexity", "greedy_exact"} & figures.keys()
    assert figures["bleu3"] == pytest.approx(100)
    assert figures["rouge_l"] == pytest.approx(100)


def test_empty_captions_are_measured() -> None:
    figures = caption_figures(["", "..."], [True, False], [["a dog"], ["a cat", "!"]], 1.0)
    assert (figures.bleu1, figures.cider, figures.rouge_l, figures.exact) == (0, 0, 0, 0.5)
    assert all(math.isfinite(value) for value in figures.to_dict().values() if not isinstance(value, str))
