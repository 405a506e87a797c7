"""The addresses that answers carry: API links and links for people."""

from dataclasses import dataclass

BROWSER_BASE = "https://coda.io"


@dataclass(frozen=True)
class Links:
    """Addresses inside one doc. `api_base` ends without a slash, such as `https://coda.io/apis/v1`."""

    api_base: str
    doc_id: str

    @property
    def doc(self) -> str:
        """The doc in the API."""
        return f"{self.api_base}/docs/{self.doc_id}"

    def table(self, table_id: str) -> str:
        """A table or view in the API."""
        return f"{self.doc}/tables/{table_id}"

    def column(self, table_id: str, column_id: str) -> str:
        """A column in the API."""
        return f"{self.table(table_id)}/columns/{column_id}"

    def row(self, table_id: str, row_id: str) -> str:
        """A row in the API."""
        return f"{self.table(table_id)}/rows/{row_id}"

    @property
    def browser_doc(self) -> str:
        """The doc in a browser."""
        return f"{BROWSER_BASE}/d/_d{self.doc_id}"

    def browser_table(self, table_id: str) -> str:
        """A table or view in a browser, in the live form (section 5)."""
        return f"{self.browser_doc}#_tu{table_id}"

    def browser_row(self, table_id: str, row_id: str) -> str:
        """A row in a browser, in the live form (section 5)."""
        return f"{self.browser_table(table_id)}/_ru{row_id}"
