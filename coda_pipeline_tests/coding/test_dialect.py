"""What CODING says, in whatever envelope, becomes one outcome and one error, without a person in it."""

import json

import pytest
from pydantic import SecretStr

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.dialect import POLICY, dialect_for, error_for, outcome_of
from coda_pipeline.errors import (
    CodaPipelineError,
    MissingScopeError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RequestRefusedError,
    ServiceError,
    TokenRefusedError,
)
from coda_pipeline.refusals import Call, Refusal, TokenOwner
from coda_pipeline.retry import Outcome
from coda_pipeline_tests.http.scripted import Script, answer

SECRET = SecretStr("token-of-the-test")
CALL = Call("POST", "/open-api", "issue 27 of project demo", name="DescribeIssue")
OWNER = TokenOwner("CODING_TOKEN_DEMO_TEAM")


def outcome(content: object, status: int = 200) -> Outcome:
    return outcome_of(status, {}, json.dumps(content).encode(), SECRET)


def refused(code: str, message: str = "", status: int = 200) -> Outcome:
    return outcome({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "r"}}, status)


def error(found: Outcome) -> CodaPipelineError:
    return error_for(Refusal(CALL, found, "CODING", OWNER))


def test_what_is_inside_of_the_envelope_is_the_answer():
    assert outcome({"Response": {"Issue": {"Code": 1}, "RequestId": "r"}}).body == {
        "Issue": {"Code": 1},
        "RequestId": "r",
    }


@pytest.mark.parametrize("content", [{}, {"code": 1000}, {"Response": None}, {"Response": []}])
def test_json_without_the_envelope_is_of_another_interface(content: object):
    found = outcome(content)
    assert found.failure == "foreign"
    assert isinstance(error(found), ProtocolError)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("AuthFailure", "", TokenRefusedError),
        ("InvalidParameterValue", "User not found, authorization invalid", TokenRefusedError),
        ("UnauthorizedOperation", "", MissingScopeError),
        ("OperationDenied", "", MissingScopeError),
        ("ResourceNotFound", "", NotFoundError),
        ("InvalidParameterValue", "资源未找到", NotFoundError),
        ("InvalidParameterValue", "Title Duplicated", RequestRefusedError),
        ("InvalidParameterValue", "", RequestRefusedError),
        ("FailedOperation", "issue_custom_field_required", RequestRefusedError),
        ("InvalidParameter", "", RequestRefusedError),
        ("LimitExceeded", "", RequestRefusedError),
        ("RequestLimitExceeded", "", RateLimitedError),
        ("InternalError", "", ServiceError),
        ("SomethingNew", "", RequestRefusedError),
    ],
)
def test_a_refusal_is_classified_by_code_and_message(code: str, message: str, kind: type[CodaPipelineError]):
    found = error(refused(code, message))
    assert type(found) is kind
    assert "issue 27 of project demo" in str(found) or kind is TokenRefusedError


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_error_is_understood_with_another_status_too(status: int):
    assert type(error(refused("AuthFailure", status=status))) in {
        TokenRefusedError,
        ServiceError,
        RateLimitedError,
    }
    assert refused("RequestLimitExceeded", status=status).is_limited


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, TokenRefusedError), (403, MissingScopeError), (404, NotFoundError), (429, RateLimitedError)],
)
def test_a_status_alone_says_enough(status: int, kind: type[CodaPipelineError]):
    assert type(error(outcome_of(status, {}, b"", SECRET))) is kind


@pytest.mark.parametrize(
    "wrong", ["no object", 5, ["Code"], {"Message": "m"}, {"Code": 5}, {"Code": "a b\n"}]
)
def test_an_error_of_another_form_is_still_a_refusal(wrong: object):
    found = outcome({"Response": {"Error": wrong}})
    assert found.body is None
    assert isinstance(error(found), RequestRefusedError)


def test_an_error_that_is_null_is_none():
    assert outcome({"Response": {"Error": None, "Issue": {}}}).is_done


@pytest.mark.parametrize(
    "message",
    [
        "用户“王芳”不存在",
        "user 'Wang Fang' is locked",
        "wang.fang@example.com is locked",
        "call 13800000001",
        "「王芳」",
        f"bad token {SECRET.get_secret_value()}",
        "x" * 191 + " wang.fang@example.com",
    ],
)
def test_no_person_and_no_token_is_in_a_message(message: str):
    text = str(error(refused("FailedOperation", message)))
    for private in ("王芳", "Wang Fang", "wang.fa", "example.com", "13800000001", SECRET.get_secret_value()):
        assert private not in text


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("token", "token user:password"),
        ("bearer", "Bearer user:password"),
        ("basic", "Basic dXNlcjpwYXNzd29yZA=="),
    ],
)
def test_the_token_is_sent_as_the_catalogue_says(auth: str, header: str):
    dialect = dialect_for(auth)  # pyright: ignore[reportArgumentType]
    with Script([answer({"Response": {}})]) as script:
        transport = script.transport(dialect=dialect, token=lambda: SecretStr("user:password"))
        transport.send("POST", "/open-api", {}, kind="any", repeatable=True)
        transport.close()
    assert script.seen[0].headers["Authorization"] == header


def test_the_limit_is_waited_for_in_short_steps_and_then_given_up():
    over = answer({"Response": {"Error": {"Code": "RequestLimitExceeded", "Message": ""}}})
    with Script(then=over) as script:
        client = CodingClient(script.transport(dialect=dialect_for("token"), policy=POLICY), "demo-team")
        with pytest.raises(RateLimitedError, match="6 attempt"):
            client.project("demo")
        client.close()
    assert script.waits_s == list(POLICY.limited_waits_s)


def test_a_list_that_answers_with_the_same_page_for_ever_is_an_error():
    row = {"Code": 1, "Type": "DEFECT", "CreatedAt": 0, "UpdatedAt": 0}
    page = answer({"Response": {"Data": {"List": [row], "TotalCount": 9, "TotalPage": 9}}})
    with Script(then=page) as script:
        client = CodingClient(script.transport(dialect=dialect_for("token")), "demo-team")
        with pytest.raises(ProtocolError, match="same page twice"):
            list(client.issue_pages("demo"))
        client.close()
    assert len(script.seen) == 2


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"List": [], "TotalPage": 1},
        {"List": None, "TotalCount": 0},
        {"List": [None], "TotalCount": 1},
        {"List": [{"Code": "x"}], "TotalCount": 1},
        {"List": [{"Code": 1, "CreatedAt": 0, "UpdatedAt": None}], "TotalCount": 1},
        {"List": [{"Code": 1, "CreatedAt": 0, "UpdatedAt": 10**17}], "TotalCount": 1},
    ],
)
def test_a_misshapen_page_is_an_error_and_never_an_empty_list(data: object):
    with Script(then=answer({"Response": {"Data": data}})) as script:
        client = CodingClient(script.transport(dialect=dialect_for("token")), "demo-team")
        with pytest.raises(ProtocolError):
            list(client.issue_pages("demo"))
        client.close()
