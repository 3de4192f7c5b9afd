"""What a person says of a model for those who find it: only they know."""

from unspool.specs.base import Option, Spec, setting


class CardSpec(Spec):
    """What the head of a model card says, for hubs that read it.

    Attributes:
        license: names the license under which the model may be used, such as `mit`; left out, the card names none.
        language: names the language of the texts by its code, such as `en`; several with commas: `en,de`.
    """

    license: str | None = setting(None, Option("Output", synonyms=("licence", "licensing"), metavar="NAME"))
    language: str | None = setting(None, Option("Output", synonyms=("lang", "languages"), metavar="CODE"))

    @property
    def languages(self) -> list[str]:
        """The codes of the languages."""
        return [code.strip() for code in (self.language or "").split(",") if code.strip()]
