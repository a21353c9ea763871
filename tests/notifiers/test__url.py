import pytest

from slawatch.notifiers._url import Url, parse_proxy, parse_url


@pytest.mark.parametrize(
    ("text", "url", "who"),
    [
        ("https://h.example", Url("https", "h.example", 443, "/"), "https://h.example"),
        ("http://h:8080/a?b=c", Url("http", "h", 8080, "/a?b=c"), "http://h:8080"),
        (
            "https://[2001:db8::1]:8443/x",
            Url("https", "2001:db8::1", 8443, "/x"),
            "https://[2001:db8::1]:8443",
        ),
        (
            "https://bücher.example/",
            Url("https", "xn--bcher-kva.example", 443, "/"),
            "https://xn--bcher-kva.example",
        ),
        ("https://h.example:443/", Url("https", "h.example", 443, "/"), "https://h.example"),
    ],
)
def test_a_url_has_its_parts(text: str, url: Url, who: str) -> None:
    assert parse_url(text) == url
    assert url.who == who
    assert parse_url(url.text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "h.example", "ftp://h", "https://", "https:///x", "https://h:99999/", "https://h:0/", "https://h:x/",
        "https://a b/", "https://h/a b", "https://h/\n", "https://u:p@h/", "https://h/#f", "https://h/ü",
        "https://[::1/", "https://.../",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_url(text)
    assert len(text) < 10 or text not in str(raised.value)


def test_a_proxy_may_want_credentials() -> None:
    found = parse_proxy("http://us%40er:p%3Aw@proxy.example:3128")
    assert found.url == Url("http", "proxy.example", 3128, "/")
    assert found.credentials == ("us@er", "p:w")
    assert parse_proxy("socks5://proxy.example").url.port == 1080
    assert parse_proxy("https://proxy.example").credentials is None


@pytest.mark.parametrize("text", ["proxy", "http://proxy/path", "socks4://proxy", "http://"])
def test_what_is_no_proxy_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_proxy(text)
