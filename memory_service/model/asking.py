"""Whether a text asks something."""

from __future__ import annotations

import re

#: A question mark that ends a sentence: full-width or Arabic ones always do; `?` does where the
#: text ends after it, or white space, a control character or a character beyond ASCII follows, up
#: to eight closing marks (quotes, brackets, emphasis, `?`, `!`, `.`) between them left aside.
#: Written so that Python and RE2 read it alike.
QUESTION = "[\uff1f\u061f]|" r"""\?[\]?!.)}"'*_`~]{0,8}([\x00-\x20]|[^\x00-\x7f]|$)"""

_QUESTION = re.compile(QUESTION)


def asks(text: str) -> bool:
    """Whether *text* holds a question mark that ends a sentence, see `QUESTION`.

    `Really?` and `"When?" she said` ask; `/find?q=june` and `x?.y` do not.
    """
    return _QUESTION.search(text) is not None
