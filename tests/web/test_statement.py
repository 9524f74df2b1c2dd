"""The one page for partners says what the settings say (RULES §10.11)."""

import pytest

from tests.web.conftest import Site


def test_it_tells_contact_retention_version_and_who_reads_distribution_1(site: Site) -> None:
    told = site.caller("dora").get("/servers/statement").json()
    assert told["misp_version"] == "2.5.1"
    assert told["readers"]
