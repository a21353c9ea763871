from slawatch.core.attempt import Attempt


def test_an_attempt_needs_no_answer() -> None:
    found = Attempt("7:1:trigger:0:0:person:bob:sms", 1, 7, "trigger", "person:bob", "sms", 10, 20, "retry")
    assert (found.status, found.answer, found.provider_id, found.possible_duplicate) == (None, "", "", False)
