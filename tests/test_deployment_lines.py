"""docs/deployment.md word by word: its own lines, in its order, on two clean Debians that are partners over TLS."""

import hashlib
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import trustme

from tests.debian import CHECKOUT, Answer, Machine, copy_root, machine, make_root, put_checkout, why_not
from tests.live import eventually
from tests.test_deployment import NAME, PAGE, block

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs"),
]
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
BETA = "misp.beta.example"
MOVED = "ti.example.org"
CABLE = ("10.77.0.1", "10.77.0.2")
HOSTS = f"127.0.0.1 localhost\n{CABLE[0]} {NAME} {MOVED}\n{CABLE[1]} {BETA}\n"
RAISED = "9.0.0"
AUTHORITY = "/etc/ssl/private-authority.pem"


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two, and what its administrator has in hand."""

    machine: Machine
    name: str
    authority: trustme.CA
    key: str
    setup_link: str

    def rest(self, method: str, path: str, body: object = None) -> Answer:
        """A request by the public name, certificate checked."""
        return self.machine.ask(method, f"https://{self.name}{path}", key=self.key, body=body, ca=AUTHORITY)

    def shows(self, leaf: trustme.LeafCert) -> None:
        """Another certificate from now on."""
        dress(self.machine, self.name, leaf)
        self.machine.run("systemctl reload nginx")


def lines_with(words: str) -> str:
    """The page's one block of lines that has these words."""
    (found,) = [lines for lines in BLOCKS if words in lines]
    return str(found)


def dress(running: Machine, name: str, leaf: trustme.LeafCert) -> None:
    """A certificate where the page's file expects it."""
    running.put(f"/etc/letsencrypt/live/{name}/fullchain.pem", b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    running.put(f"/etc/letsencrypt/live/{name}/privkey.pem", leaf.private_key_pem.bytes())


def program(root: Path) -> None:
    """The page's first part, with the network that it needs; what a newer version needs is gathered there, too."""
    put_checkout(root)
    newer = put_checkout(root, f"{CHECKOUT}-newer")
    project = newer / "pyproject.toml"
    project.write_text(re.sub(r'(?m)^version = ".*"', f'version = "{RAISED}"', project.read_text()))
    with machine(root) as bare:
        bare.run(lines_with("apt-get"), outside=True)
        gather, _, _ = lines_with("pip wheel").rstrip().rpartition("\n")
        bare.run(f"cd {CHECKOUT}-newer\n{gather}", outside=True)


def served(running: Machine, name: str, org: str) -> Server:
    """From the settings to the proxy."""
    authority = trustme.CA()
    running.put("/etc/hosts", HOSTS)
    running.put(AUTHORITY, authority.cert_pem.bytes())
    running.run(lines_with("useradd").replace(NAME, name))
    running.run(lines_with("install-systemd"))
    link = eventually(lambda: re.search(r"https?://\S+/setup\S*", running.run("journalctl -u mispmini")), within=60)
    founding = lines_with("mispmini init").replace("CSIRT Alfa", org)
    (key,) = re.findall(r"shown once: (\w{40})", running.run(founding))
    running.run(lines_with("mispmini doctor"))
    dress(running, name, authority.issue_cert(name))
    running.put("/etc/nginx/sites-enabled/mispmini", block("nginx").replace(NAME, name))
    running.run(lines_with("nginx -t"))
    return Server(running, name, authority, key, link[0] if link else "")


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Server, Server]]:
    """Alfa and Beta, each from a clean Debian, with a cable between them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mispmini-debian-", dir="/var/tmp")))
        folder.chmod(0o755)
        roots = (folder / "alfa", folder / "beta")
        make_root(roots[0])
        program(roots[0])
        copy_root(*roots)
        alfa, beta = (stack.enter_context(machine(root)) for root in roots)
        alfa.joined(beta, *CABLE)
        yield served(alfa, NAME, "CSIRT Alfa"), served(beta, BETA, "CSIRT Beta")


@pytest.fixture(scope="module")
def partners(both: tuple[Server, Server]) -> tuple[Server, Server]:
    """Beta gave Alfa an account; Alfa trusts Beta's authority by the page's lines."""
    alfa, beta = both
    uuids = [server.rest("GET", "/organisations/view/1").json["Organisation"]["uuid"] for server in both]
    beta.machine.verb("org", "add", "--name", "CSIRT Alfa", "--uuid", uuids[0])
    beta.machine.verb("user", "add", "--email", "sync@alfa.example", "--org", "CSIRT Alfa", "--role", "Sync user")
    key = beta.machine.verb("key", "add", "--user", "sync@alfa.example")["authkey"]
    alfa.machine.verb("org", "add", "--name", "CSIRT Beta", "--uuid", uuids[1])
    words = ("server", "add", "--name", "Beta", "--url", f"https://{BETA}", "--org", "CSIRT Beta", "--push", "--pull")
    alfa.machine.verb(*words, "--allow-internal", f"{CABLE[1]}/32", stdin=f"{key}\n")
    assert refusal(alfa) == "tls_chain"
    shown = alfa.authority.issue_cert("alfa-client")
    alfa.machine.put(f"{CHECKOUT}/beta-ca.pem", beta.authority.cert_pem.bytes())
    alfa.machine.put(f"{CHECKOUT}/alfa-client.pem", shown.private_key_and_cert_chain_pem.bytes())
    alfa.machine.run(lines_with("--ca-file"))
    return both


def refusal(server: Server) -> str:
    """Why Beta cannot be pulled from: the ledger's word."""
    told = server.machine.verb("pull", "Beta", expect=1)
    return str(told["reason"]).partition(":")[0]


def published(server: Server, info: str) -> tuple[str, str]:
    """An event that everybody may have: its id and uuid."""
    attribute = {"type": "ip-dst", "value": "203.0.113.7", "category": "Network activity"}
    made = server.rest("POST", "/events/add", {"info": info, "distribution": 3, "Attribute": [attribute]})
    event = made.json["Event"]
    assert server.rest("POST", f"/events/publish/{event['id']}").status == 200
    return event["id"], event["uuid"]


def push(server: Server, number: str) -> None:
    """Or find that the running service was faster."""
    told = server.machine.verb("push", "Beta", number)
    assert told["failed"] == 0, told


def holds(server: Server, uuid: str) -> bool:
    """Whether the event is there, asked behind the proxy."""
    url = f"http://127.0.0.1:8080/events/view/{uuid}"
    return server.machine.ask("GET", url, key=server.key).status == 200


def test_the_set_up_link_carries_the_public_name(both: tuple[Server, Server]) -> None:
    assert [server.setup_link.split("/setup")[0] for server in both] == [f"https://{NAME}", f"https://{BETA}"]


def test_port_80_leads_to_443_over_both_kinds_of_address(both: tuple[Server, Server]) -> None:
    for host in ("127.0.0.1", *(["[::1]"] if Path("/proc/net/if_inet6").exists() else [])):
        answer = both[0].machine.ask("GET", f"http://{host}/events/index?a=b", host=NAME)
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/events/index?a=b")


def test_it_answers_over_ipv6_with_its_certificate(both: tuple[Server, Server]) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    alfa, _ = both
    alfa.machine.put("/etc/hosts", f"::1 {NAME}\n")
    assert alfa.rest("GET", "/servers/getVersion").status == 200
    alfa.machine.put("/etc/hosts", HOSTS)


def test_root_s_verbs_work_from_any_folder_and_leave_nothing_of_root_s(both: tuple[Server, Server]) -> None:
    both[0].machine.run("cd /root && mispmini doctor && cd / && mispmini org list")
    assert both[0].machine.run("find /var/lib/mispmini ! -user mispmini") == ""


def test_events_cross_both_ways_over_tls_with_a_private_authority(partners: tuple[Server, Server]) -> None:
    alfa, beta = partners
    number, sent = published(alfa, "From Alfa")
    push(alfa, number)
    assert eventually(partial(holds, beta, sent))
    _, offered = published(beta, "From Beta")
    alfa.machine.verb("pull", "Beta")
    assert holds(alfa, offered)


@pytest.mark.parametrize(
    ("name", "until", "word"),
    [
        ("other.example", None, "tls_name"),
        (BETA, datetime(2020, 1, 1, tzinfo=UTC), "tls_expired"),
    ],
)
def test_a_bad_certificate_is_refused_and_named(
    partners: tuple[Server, Server], name: str, until: datetime | None, word: str
) -> None:
    alfa, beta = partners
    beta.shows(beta.authority.issue_cert(name, not_after=until))
    assert eventually(lambda: refusal(alfa) == word)
    beta.shows(beta.authority.issue_cert(BETA))
    eventually(lambda: alfa.machine.verb("pull", "Beta"))


def test_the_pinned_certificate_is_taken_and_another_refused(partners: tuple[Server, Server]) -> None:
    alfa, beta = partners
    own = trustme.CA().issue_cert(BETA)
    beta.shows(own)
    digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(own.cert_chain_pems[0].bytes().decode())).hexdigest()
    assert eventually(lambda: refusal(alfa) == "tls_chain")
    alfa.machine.run(written("--pin").replace("SHA256", digits))
    alfa.machine.verb("pull", "Beta")
    beta.shows(beta.authority.issue_cert(BETA))
    assert eventually(lambda: refusal(alfa) == "tls_pin")
    alfa.machine.run(written("--forget"))
    alfa.machine.run(lines_with("--ca-file"))
    alfa.machine.verb("pull", "Beta")


def written(words: str) -> str:
    """The page's one further line, outside the blocks that run, with these words."""
    (line,) = re.findall(rf"(?m)^    (mispmini .*{words}.*)$", PAGE)
    return str(line)


def test_a_client_certificate_is_asked_for_and_given(partners: tuple[Server, Server]) -> None:
    alfa, beta = partners
    asking = (
        block("nginx").replace("    ssl_protocols", f"{block('nginx-client')}    ssl_protocols").replace(NAME, BETA)
    )
    beta.machine.put("/etc/nginx/partners-ca.pem", alfa.authority.cert_pem.bytes())
    beta.machine.put("/etc/nginx/sites-enabled/mispmini", asking)
    beta.machine.run(lines_with("nginx -t"))
    alfa.machine.run("mispmini server edit Beta --forget client-cert")
    assert "certificate" in eventually(lambda: alfa.machine.run("mispmini pull Beta", expect=1))
    alfa.machine.run(lines_with("--client-cert"))
    alfa.machine.verb("pull", "Beta")
    number, sent = published(alfa, "With a certificate of its own")
    push(alfa, number)
    assert eventually(partial(holds, beta, sent))


def test_the_folder_of_wheels_upgrades(both: tuple[Server, Server]) -> None:
    """Without a network."""
    alfa, _ = both
    assert RAISED not in alfa.machine.run("mispmini --version")
    upgrade = lines_with("pip wheel").rstrip().rpartition("\n")[2]
    alfa.machine.run(f"cd {CHECKOUT}-newer\n{upgrade}\nsystemctl stop mispmini\nsystemctl start mispmini")
    assert RAISED in alfa.machine.run("mispmini --version")
    assert eventually(lambda: alfa.rest("GET", "/servers/getVersion").status == 200)


def test_a_backup_is_restored_in_place(both: tuple[Server, Server]) -> None:
    alfa, _ = both
    _, kept = published(alfa, "Before the disaster")
    alfa.machine.run(lines_with("mispmini restore"))
    assert eventually(lambda: alfa.rest("GET", f"/events/view/{kept}").status == 200), (
        "its proxy answers 502 until then"
    )
    assert alfa.machine.run("find /var/lib/mispmini ! -user mispmini") == ""


def test_the_server_moves_to_another_address_and_answers_at_the_old_one(partners: tuple[Server, Server]) -> None:
    alfa, _ = partners
    alfa.machine.run(lines_with(f'base_url = "https://{MOVED}"'))
    dress(alfa.machine, MOVED, alfa.authority.issue_cert(MOVED))
    alfa.machine.put("/etc/nginx/sites-enabled/moved", block("nginx").replace(NAME, MOVED))
    alfa.machine.run(lines_with("nginx -t"))
    for name in (MOVED, NAME):
        address = f"https://{name}/servers/getVersion"
        assert eventually(partial(answers, alfa, address))
    alfa.machine.run(lines_with("mispmini doctor"))


def answers(server: Server, url: str) -> bool:
    """Whether it does, with a certificate of its authority."""
    return server.machine.ask("GET", url, key=server.key, ca=AUTHORITY).status == 200


def test_caddy_with_the_page_s_file_serves_the_public_address(both: tuple[Server, Server]) -> None:
    """A certificate by file is added: no public authority looks into this network."""
    beta = both[1].machine
    beta.run("apt-get install --yes --no-install-recommends caddy", outside=True)
    folder = f"/etc/letsencrypt/live/{BETA}"
    by_file = f"{BETA} {{\n    tls {folder}/fullchain.pem {folder}/privkey.pem"
    beta.put("/etc/caddy/Caddyfile", block("caddy").replace(f"{NAME} {{", by_file))
    beta.run("nginx -s stop\ncaddy start --config /etc/caddy/Caddyfile >/var/log/caddy.log 2>&1")
    assert eventually(partial(answers, both[1], f"https://{BETA}/servers/getVersion"))
    plain = beta.ask("GET", f"http://{BETA}/events/index")
    assert (plain.status, plain.headers["Location"]) == (308, f"https://{BETA}/events/index")
