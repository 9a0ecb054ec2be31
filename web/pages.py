"""Pages from templates: every value is escaped, and a fact that is missing is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from programme.errors import Refusal
from programme.wording import Sentence, sentence
from runtime.language import LANGUAGES, said_in

PROBLEMS: Mapping[int, tuple[Sentence, Sentence]] = {
    404: (
        sentence("There is nothing here."),
        sentence("The address is wrong, or it is not valid any more: ask your coach or coordinator for a new one."),
    ),
    403: (
        sentence("This was sent from another site."),
        sentence("Nothing was changed: open the page again by its own address, and answer there."),
    ),
    405: (
        sentence("This page cannot do that."),
        sentence("Nothing was changed: open the page again by its own address."),
    ),
    409: (sentence("This cannot be done now."), sentence("Nothing was changed.")),
    500: (
        sentence("Something went wrong on our side."),
        sentence("Nothing was lost: try again in a few minutes, or call your coach or your coordinator."),
    ),
}


@cache
def environment() -> Environment:
    """Return the pages' environment, made once."""
    return Environment(
        loader=PackageLoader("templates", "web"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **facts: object
) -> HTMLResponse:
    """Return a page of `templates/web`."""
    return HTMLResponse(environment().get_template(template).render(facts), status, dict(headers or {}))


def problem(status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Return the page for a failure, in French and Arabic: we do not know who reads it.

    What is foreign, gone or never was gets the same bytes.
    """
    return in_both("problem.html.jinja", *PROBLEMS.get(status, PROBLEMS[404]), status=status, headers=headers)


def refused(refusal: Refusal) -> HTMLResponse:
    """Return the page of what cannot be carried out, with the refusal's own sentence."""
    title, _ = PROBLEMS[409]
    return in_both("problem.html.jinja", title, sentence(refusal.template(), **refusal.facts), status=409)


def in_both(
    template: str, title: Sentence, remedy: Sentence, *, status: int, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return a page that says the same in each language."""
    said = [{"language": one, "title": title.say(words(one)), "remedy": remedy.say(words(one))} for one in LANGUAGES]
    return page(template, status=status, headers=headers, said=said)


def words(language: str) -> Callable[[str], str]:
    """Return what translates a sentence for a reader of a language, whatever this machine speaks."""
    return partial(said_in, language)
