"""`coda-pipeline discover`: asks Coda what the token sees and writes a first configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coda_pipeline.commands.terminal import remark, say

if TYPE_CHECKING:
    from coda_pipeline.coda.client import CodaClient
    from coda_pipeline.commands.discovery import FoundDoc

STANDARD_OUTPUT = "-"


def discover(
    docs: Annotated[
        list[str] | None,
        typer.Argument(help="Ids or addresses of docs; none = those the token's user has opened."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(help="The file to write; - for standard output. By default CODA_PIPELINE_CONFIG."),
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a first configuration from what CODA_API_TOKEN sees. Needs no database."""
    import yaml

    from coda_pipeline.catalog import parse_catalog
    from coda_pipeline.catalog_limits import RateLimits
    from coda_pipeline.coda.client import connect_coda
    from coda_pipeline.commands.discovery import configuration
    from coda_pipeline.settings import Settings

    settings = Settings()
    target = None if output == STANDARD_OUTPUT else Path(output or settings.coda_pipeline_config)
    if target is not None:
        refuse_to_replace(target, force=force)
    with connect_coda(settings, RateLimits(), None) as client:
        found = [look_into(client, doc_id) for doc_id in ids_of(client, docs)]
    text = configuration(found)
    # What does not load must not be left behind.
    catalog = parse_catalog(yaml.safe_load(text), source="the configuration just made")
    if target is None:
        say(text.rstrip("\n"))
        return
    write(target, text, force=force)
    say(f"{target}: {len(found)} doc(s), {len(catalog.tables)} table(s).")
    remark("Check the names and the columns under exclude, then run `coda-pipeline doctor`.")


def ids_of(client: "CodaClient", docs: list[str] | None) -> list[str]:
    """The ids of the docs that were named by id or address, or of all that the token's user has opened.

    Raises `ConfigurationError` where there is none.
    """
    from coda_pipeline.errors import ConfigurationError

    if docs:
        return list(dict.fromkeys(_doc_id(client, doc) for doc in docs))
    found = [doc.id for doc in client.docs()]
    if not found:
        message = (
            "Coda lists no docs for this token: it lists only those that the user has opened once, "
            "and none for a restricted one. Open the doc, or name it: coda-pipeline discover DOC"
        )
        raise ConfigurationError(message)
    return found


def _doc_id(client: "CodaClient", doc: str) -> str:
    if "://" not in doc:
        return doc
    from coda_pipeline.errors import ConfigurationError

    link = client.resolve_browser_link(doc)
    doc_id = link.id if link.type == "doc" else link.doc_id
    if doc_id is None:
        message = f"{doc} leads to no doc; expected a doc's address, copied from the browser, or its id."
        raise ConfigurationError(message)
    return doc_id


def look_into(client: "CodaClient", doc_id: str) -> "FoundDoc":
    """A doc's base tables with their columns. Views are left out, since they show only part of a table."""
    from coda_pipeline.commands.discovery import FoundDoc, FoundTable

    doc = client.doc(doc_id)
    remark(f"Looking into {doc.name}")
    bases = [ref for ref in client.tables(doc_id) if ref.table_type == "table"]
    return FoundDoc(
        doc,
        tuple(
            FoundTable(client.table(doc_id, ref.id), tuple(client.columns(doc_id, ref.id))) for ref in bases
        ),
    )


def refuse_to_replace(target: Path, *, force: bool) -> None:
    """Raise `ConfigurationError` where the file is there already and may not be replaced."""
    from coda_pipeline.errors import ConfigurationError

    if target.exists() and not force:
        message = f"{target} is there and is left as it is: --force replaces it, --output writes another."
        raise ConfigurationError(message)


def write(target: Path, text: str, *, force: bool) -> None:
    """Write the file, as a whole or not at all. Raises `ConfigurationError` where that cannot be done."""
    from coda_pipeline.errors import ConfigurationError

    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}. --output names another place."
        raise ConfigurationError(message) from error
