"""The sandbox's answers have the form of the vendor's own specification. Needs the data, see `reference`."""

from collections.abc import Iterator
from typing import Any

import pytest

from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.reference import reference
from coda_pipeline_tests.sandbox_coding.api import Api

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Specification:
    """The schemas of the vendor's document."""

    def __init__(self) -> None:
        document = reference("coding-openapi-subset.json")
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._paths: dict[str, Any] = document["paths"]

    def response_of(self, action: str) -> dict[str, Any]:
        path = next(path for path in self._paths if path.rstrip("/").endswith((f"={action}", f"/{action}")))
        schema = self._paths[path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        return self.resolved(schema)["properties"]["Response"]

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "allOf" in schema:
            return self.resolved(schema["allOf"][0])
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        return self._schemas[name] if name else schema

    def violations(self, schema: dict[str, Any], value: object, path: str = "") -> Iterator[str]:
        """Fields that the document does not know, or of another type; the absent ones are not counted."""
        schema = self.resolved(schema)
        wanted = TYPES.get(schema.get("type", ""))
        if wanted is not None and not isinstance(value, wanted):
            yield f"{path} is {type(value).__name__}, expected {schema['type']}"
        elif isinstance(value, dict):
            properties = schema.get("properties", {})
            for key, part in value.items():
                if key in properties:
                    yield from self.violations(properties[key], part, f"{path}.{key}")
                elif properties:
                    yield f"{path}.{key} is not in the document"
        elif isinstance(value, list):
            for part in value:
                yield from self.violations(schema.get("items", {}), part, f"{path}[]")


@pytest.fixture(scope="module")
def specification() -> Specification:
    return Specification()


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, Api(sandbox) as found:
        yield found


def bodies(api: Api) -> dict[str, dict[str, Any]]:
    project = api.ask("DescribeProjectByName")["Project"]["Id"]
    issues = api.issues()
    page = {"PageNumber": 1, "PageSize": 100}
    return {
        "DescribeCodingCurrentUser": {},
        "DescribeTeam": {},
        "DescribeCodingProjects": page,
        "DescribeProjectByName": {},
        "DescribeOneProject": {"ProjectId": project},
        "DescribeIssueListWithPage": {**page, "IssueType": "ALL", "ShowSubIssues": True},
        "DescribeIssueList": {"IssueType": "ALL"},
        "DescribeTeamIssues": page,
        "DescribeIterationList": {},
        "DescribeIteration": {"IterationCode": 1},
        "DescribeProjectMembers": {**page, "ProjectId": project},
        "DescribeTeamMembers": page,
        "DescribeProjectRoles": {"ProjectId": project},
        "CreateIssue": {"Name": "a", "Type": "DEFECT", "Priority": "1"},
        "ModifyIssue": {"IssueCode": issues[0]["Code"], "Name": "b"},
        "CreateIteration": {"Name": "c"},
        "ModifyIteration": {"IterationCode": 1, "Name": "d"},
        "ModifyIterationStatus": {"IterationCode": 1, "Operator": "start"},
        "DescribeServiceHooks": {**page, "ProjectId": project},
        "DescribeEvents": {},
    }


def test_no_answer_has_a_field_or_a_type_that_the_document_does_not_know(
    specification: Specification, api: Api
):
    found: list[str] = []
    details = [("DescribeIssue", {"IssueCode": issue["Code"]}) for issue in api.issues()]
    for action, body in [*details, *bodies(api).items()]:
        answer = api.ask(action, **body)
        assert "Error" not in answer, action
        found += [
            f"{action}{problem}"
            for problem in specification.violations(specification.response_of(action), answer)
        ]
    assert sorted(set(found)) == []


def test_an_issue_has_every_field_of_the_document(specification: Specification, api: Api):
    wanted = specification.resolved(specification.response_of("DescribeIssue")["properties"]["Issue"])[
        "properties"
    ]
    issue = api.ask("DescribeIssue", IssueCode=api.issues()[0]["Code"])["Issue"]
    assert wanted.keys() - issue.keys() == set()
