"""The description of access."""

from slawatch.web.openapi import document


def test_every_guarded_operation_says_how_it_refuses() -> None:
    for path, entry in document()["paths"].items():
        for method, operation in entry.items():
            if method != "parameters" and path.startswith("/api/"):
                assert {"401", "403"} <= operation["responses"].keys(), (method, path)
                assert method != "post" or "413" in operation["responses"], path


def test_both_ways_to_prove_who_one_is_are_there() -> None:
    found = document()
    assert found["components"]["securitySchemes"].keys() == {"token", "session"}
    assert {"token": []} in found["security"]
