"""Why a list cannot be read at all; what is wrong in its rows is a Problem, not a refusal."""

from __future__ import annotations

from programme.errors import Refusal


class ListNotFound(Refusal):
    """The file {name} cannot be opened: check its name, its folder, and that it is not open in another program."""


class NotASpreadsheet(Refusal):
    """{name} is not a list that can be read: open it in Excel, save it as .xlsx or CSV UTF-8, and import that file."""


class ListEmpty(Refusal):
    """The list {name} holds no cooperative: write one in each row under the headers, save the file and import it."""


class ListTooLarge(Refusal):
    """The list {name} is larger than {most} MB: remove pictures and other sheets, or split it in several files."""


class ListTooSpread(Refusal):
    """The list {name} has a value in cell {cell}, far from the rest: delete that row and column, and save the file."""


class NoHeader(Refusal):
    """No row of {name} names the columns: write nom_cooperative and province above the data, or use the template."""
