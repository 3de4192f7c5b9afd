"""Pages of HTML: parts with one look, from which the report of a run and all other pages are made.

A page is one file that needs no other. Its charts are SVG drawn here; its style and its script are the two files beside
this module. A part takes plain text and numbers, escapes them, and returns HTML; none of them knows a model.
"""
