"""The public status pages of a configuration: which there are, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from slawatch.config.model import Config
from slawatch.config.partial import judging
from slawatch.config.problem import KeyPath, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.core.check import Organization
from slawatch.core.status_page import StatusPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A status page with its defaults filled in.

    Attributes:
        slug: it is at `/status/SLUG`.
        title: of the page.
        organization: whose it is.
        services: what is shown, in this order.
        page: what the configuration says.
    """

    slug: str
    title: str
    organization: Organization
    services: tuple[str, ...]
    page: StatusPage


def status_pages(config: Config) -> Mapping[str, Shown]:
    """Return the pages that there are, by slug."""
    found: dict[str, Shown] = {}
    for owner in config.organizations.values():
        page = owner.status_page
        if page is None or not page.enabled:
            continue
        theirs = {name for name, one in config.services.items() if one.organization == owner.key}
        slug = page.slug or owner.key.lower()
        listed = page.services or tuple(name for name in config.services if name in theirs)
        services = tuple(name for name in listed if name in theirs)
        found.setdefault(slug, Shown(
            slug=slug, title=page.title or owner.name, organization=owner, services=services, page=page,
        ))  # fmt: skip
    return found


def review_status_pages(reader: Reader, config: Config) -> None:
    """Note two pages at one address, and services that are not the organisation's to show."""
    seen: dict[str, str] = {}
    for owner in config.organizations.values():
        path = ("organizations", owner.key, "status_page")
        with judging:
            for number, name in enumerate(owner.status_page.services if owner.status_page else ()):
                with judging:
                    _theirs(reader, config, (*path, "services", number), name, owner)
        with judging:
            page = owner.status_page
            if page is None or not page.enabled:
                continue
            slug = page.slug or owner.key.lower()
            other = seen.setdefault(slug, owner.key)
            if other != owner.key:
                reader.problem(
                    (*path, "slug"), f"the status page of {quoted(other)} is at this address", found=slug
                )


def _theirs(reader: Reader, config: Config, where: KeyPath, name: str, owner: Organization) -> None:
    known_name(reader, where, "service", name, config.services)
    theirs = config.services[name].organization if name in config.services else owner.key
    if theirs != owner.key and (theirs is None or theirs in config.organizations):
        reader.problem(
            where, f"the service {quoted(name)} is not of this organisation: it is not theirs to show"
        )
