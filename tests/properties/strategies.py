"""Texts that break tokenizers: any Unicode, mixed with fragments that are known to be hard."""

from hypothesis import strategies as st

FRAGMENTS = (
    "<unk>",
    "<eos>",
    "<pad>",
    "<s>",
    "it's",
    "l’été",
    "e\u0301",
    "नमस्ते",
    "สวัสดี",
    "漢字かなカナ",
    "👩\u200d👩\u200d👧",
    "🇩🇪",
    "\u200f\u05e9",
    "\ufeff",
    "\x85",
    "\u2028",
    "\t",
    " ",
    "  ",
    "\n",
    "\n\n",
    " \n ",
    "\r",
    "12345",
    "ab_c",
    "…!?",
)

characters = st.characters(exclude_categories=["Cs"])
texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(characters, max_size=6)), max_size=12).map("".join)
texts_with_surrogates = st.text(st.one_of(st.characters(), st.characters(categories=["Cs"])), max_size=20)
newline_ended_pieces = st.lists(st.lists(texts, max_size=2).map(lambda lines: "".join(f"{x}\n" for x in lines)))
