"""How a cell looks in each of the three value formats of section 6.3, and as plain text."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from coda_pipeline.sandbox.cells import BLANK, Cell, Image, Link, Person, RowRef, Styled
from coda_pipeline.sandbox.config import Switches
from coda_pipeline.sandbox.document import Column, DocState
from coda_pipeline.sandbox.links import Links

ValueFormat = Literal["simple", "simpleWithArrays", "rich"]
VALUE_FORMATS: tuple[ValueFormat, ...] = ("simple", "simpleWithArrays", "rich")
Encoder = Callable[[Cell], object]
SCHEMA = "http://schema.org/"
CURRENCY_SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€"}


class CellFormats:
    """Renders the cells of one doc at one of its states."""

    def __init__(
        self, state: DocState, links: Links, zone: ZoneInfo, switches: Switches, now: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._links = links
        self._zone = zone
        self._switches = switches
        self._now = now
        self._dates: dict[date, str] = {}
        self._texts = self._text_forms()
        self._simple: Mapping[type, Callable[[Any, Column], object]] = {
            int: self._simple_number,
            float: self._simple_number,
            bool: lambda cell, _column: cell,
            Link: lambda cell, _column: cell.url,
        }
        self._rich = self._rich_forms()

    def _text_forms(self) -> Mapping[type, Callable[[Any], str]]:
        return {
            str: str,
            bool: lambda cell: "true" if cell else "false",
            int: str,
            float: "{:g}".format,
            date: self._date,
            datetime: self._datetime,
            Person: lambda cell: cell.name,
            Link: lambda cell: cell.name,
            RowRef: lambda cell: self.text(self._state.name_of(cell.table_id, cell.row_id)),
            Image: self._image_url,
            Styled: lambda cell: cell.markdown.replace("**", ""),
            tuple: lambda cell: self._switches.joined_by.join(map(self.text, cell)),
        }

    def _rich_forms(self) -> Mapping[type, Callable[[Any, Column], object]]:
        return {
            str: lambda cell, _column: f"```{cell}```",
            bool: lambda cell, _column: cell,
            int: self._rich_number,
            float: self._rich_number,
            date: lambda cell, _column: self._date(cell),
            datetime: lambda cell, _column: self._datetime(cell),
            Styled: lambda cell, _column: cell.markdown,
            Person: lambda cell, _column: _rich_person(cell),
            RowRef: lambda cell, _column: self._rich_relation(cell),
            Link: lambda cell, _column: _linked("WebPage", name=cell.name, url=cell.url),
            Image: lambda cell, _column: self._rich_image(cell),
        }

    def text(self, cell: Cell) -> str:
        """The plain text of a cell."""
        return self._texts[type(cell)](cell)

    def encoder(self, column: Column, value_format: ValueFormat) -> Encoder:
        """Renders the cells of one column. A blank is `""`, or `[]` where the format has lists."""
        blank = [] if column.is_array and value_format != "simple" else BLANK
        scalar = self._rich_scalar if value_format == "rich" else self._simple_scalar
        is_joined, is_listed = value_format == "simple", column.is_array and value_format != "simple"
        lists_relations = value_format == "simpleWithArrays" and self._switches.lookup_in_array

        def encode(cell: Cell) -> object:
            if cell in (BLANK, ()):
                return blank
            if type(cell) is tuple:
                parts = [scalar(part, column) for part in cell]
                return self._switches.joined_by.join(map(str, parts)) if is_joined else parts
            value = scalar(cell, column)
            return [value] if is_listed or (lists_relations and type(cell) is RowRef) else value

        return encode

    def image_signature(self) -> str:
        """What a hosted image's address ends with at this hour."""
        return f"{self._now():%Y%m%d%H}" if self._switches.volatile_image_urls else ""

    def _simple_scalar(self, cell: Cell, column: Column) -> object:
        render = self._simple.get(type(cell))
        return self.text(cell) if render is None else render(cell, column)

    def _rich_scalar(self, cell: Cell, column: Column) -> object:
        return self._rich[type(cell)](cell, column)

    def _simple_number(self, number: float, column: Column) -> object:
        if column.kind == "currency":
            code = _currency_of(column)
            return f"{CURRENCY_SIGNS.get(code, code + ' ')}{number:,.2f}"
        return self._scaled(number, column)

    def _rich_number(self, number: float, column: Column) -> object:
        if column.kind != "currency":
            return self._scaled(number, column)
        amount = str(number) if self._switches.amount_as_text else number
        return _linked("MonetaryAmount", currency=_currency_of(column), amount=amount)

    def _scaled(self, number: float, column: Column) -> float:
        return number * self._switches.percent_scale if column.kind == "percent" else number

    def _rich_relation(self, cell: RowRef) -> Mapping[str, object]:
        return _linked(
            "StructuredValue",
            additionalType="row",
            name=self.text(cell),
            rowId=cell.row_id,
            url=self._links.browser_row(cell.table_id, cell.row_id),
            tableId=cell.table_id,
            tableUrl=self._links.browser_table(cell.table_id),
        )

    def _rich_image(self, image: Image) -> Mapping[str, object]:
        size = {"height": image.height, "width": image.width}
        return _linked("ImageObject", name=image.name, url=self._image_url(image), status="live", **size)

    def _image_url(self, image: Image) -> str:
        signature = self.image_signature()
        return f"{image.url}?signature={signature}" if signature else image.url

    def _date(self, day: date) -> str:
        text = self._dates.get(day)
        if text is None:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
            text = self._dates[day] = midnight.isoformat(timespec="milliseconds")
        return text

    def _datetime(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).isoformat(timespec="milliseconds")


def _rich_person(cell: Person) -> Mapping[str, object]:
    if not cell.email:
        return _linked("Person", name=cell.name)
    # userId is not in the specification, yet there on the live service (section 6.3).
    return _linked("Person", name=cell.name, email=cell.email, userId=sum(cell.email.encode()) * 7919)


def _linked(kind: str, **content: object) -> Mapping[str, object]:
    return {"@context": SCHEMA, "@type": kind, **content}


def _currency_of(column: Column) -> str:
    return str(dict(column.extras).get("currencyCode", "RUB"))
