"""A file in ARPA format, of two words that tokenizers of texts would divide."""

ARPA = """\\data\\
ngram 1=5
ngram 2=3
ngram 3=2

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.3
-0.5\t</s>
-0.4\ta.b\t-0.2
-0.6\tc\\d\t-0.1

\\2-grams:
-0.2\t<s> a.b\t-0.05
-0.3\ta.b c\\d\t-0.15
-0.25\tc\\d </s>

\\3-grams:
-0.1\t<s> a.b c\\d
-0.7\tc\\d a.b c\\d

\\end\\
"""
