"""The eleven chapters of CERT.br's guide, walked in Portuguese on two servers by what a person can click and type."""

import json
import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Person, person

PHISHING, INVOICE = "Phishing contra o Banco Exemplo", "Boleto falso recebido por e-mail"
INTERNAL, CAMPAIGN = "Aviso só para esta comunidade", "Campanha acompanhada pelo grupo"
GROUP = "Grupo CSIRTs do setor"


@pytest.mark.slow
def test_the_guide_is_walked_from_first_access_to_curl(chromium: Browser) -> None:
    with (
        person(chromium, "CSIRT Alfa", "ana@alfa.example") as ana,
        person(chromium, "CSIRT Beta", "bia@b.example") as bia,
    ):
        for each in (ana, bia):
            chapter_1_first_access(each)
        chapter_2_initial_configuration(ana)
        chapter_3_advanced_authkeys(ana)
        chapter_4_host_organisation(ana)
        chapter_5_events(ana, PHISHING, "Comunidades conectadas")
        chapter_5_events(ana, INTERNAL, "Somente esta comunidade")
        chapter_5_events(bia, INVOICE, "Todas as comunidades", tlp="tlp:green")
        for each, partner in ((ana, bia), (bia, ana)):
            chapter_6_organisations(each, partner)
        key_for_ana = chapter_7_accounts_and_authkeys(bia, ana, read_only=False)
        key_for_bia = chapter_7_accounts_and_authkeys(ana, bia, read_only=True)
        chapter_8_synchronisation(ana, bia, key_for_ana)
        chapter_9_scheduled_pull(bia, ana, key_for_bia)
        chapter_10_distribution(ana, bia)
        chapter_11_curl(bia)
        ana.opens("Início")
        assert ana.page.locator("#steps").count() == 0, "the first steps are all done"


def chapter_1_first_access(who: Person) -> None:
    """The set-up link asks for the organisation, an e-mail and a password; with it one signs in again."""
    who.types(org_name=who.organisation, org_uuid=who.org_uuid, email=who.email, password=who.password)
    who.presses("Criar")
    who.key = who.page.locator("#key").inner_text()
    who.opens("Já copiei")
    expect(who.page.locator("#steps")).to_have_text("Primeiros passos")
    who.page.locator("header summary").click()
    who.page.get_by_role("button", name="Sair").click()
    who.types(**{"data[User][email]": who.email, "data[User][password]": who.password})
    who.presses("Entrar")
    expect(who.page.locator("h1")).to_have_text(who.organisation)


def chapter_2_initial_configuration(who: Person) -> None:
    """Base URL, contact and host organisation are settings; nothing else has to be set for a start."""
    who.opens("Admin", "Configurações")
    for name, value in (("MISP.baseurl", who.server.url), ("MISP.contact", who.email)):
        who.opens(f"Mudar {name}")
        who.types(value=value)
        who.presses("Salvar")
        expect(who.page.get_by_role("row", name=name)).to_contain_text(value)
    who.opens("Mudar MISP.host_org_id")
    who.chooses(value=who.organisation)
    who.presses("Salvar")
    expect(who.page.get_by_role("row", name="MISP.host_org_id")).to_contain_text(who.organisation)


def chapter_3_advanced_authkeys(who: Person) -> None:
    """They are always on, and the page of settings says so."""
    who.opens("Admin", "Configurações")
    row = who.page.get_by_role("row", name=re.compile(r"^Security\.advanced_authkeys\s"))
    expect(row.get_by_role("cell").first).to_have_text("Sim")
    assert row.get_by_role("link").count() == 0, "nobody can switch them off"


def chapter_4_host_organisation(who: Person) -> None:
    """The name and the UUID that the community knows."""
    who.organisation, who.org_uuid = "CSIRT Alfa (BR)", "5e0e2f43-91a6-4c52-8f0b-3f3f3b1d7c11"
    who.opens("Organizações", "CSIRT Alfa", "Editar")
    who.types(name=who.organisation, uuid=who.org_uuid)
    who.presses("Salvar")
    expect(who.page.locator("h1")).to_have_text(who.organisation)
    expect(who.page.locator("#uuid")).to_have_text(who.org_uuid)


def chapter_5_events(who: Person, info: str, distribution: str, *, tlp: str = "tlp:amber", group: str = "") -> None:
    """An event with a TLP tag and two attributes; before it is published the page says who will see it."""
    who.opens("Novo evento")
    who.types(info=info)
    who.ticks(distribution)
    who.chooses(tlp=tlp, **({"sharing_group_id": group} if group else {}))
    who.presses("Salvar como rascunho")
    who.chooses(type="domain")
    who.types(value=f"login.{abs(hash(info))}.example\nwww.{abs(hash(info))}.example")
    who.ticks("Cada linha é um valor")
    who.presses("Adicionar atributo")
    expect(who.page.locator("td.value")).to_have_count(2)
    who.types(tag="phishing")
    who.presses("Adicionar")
    expect(who.page.locator(".tags").first).to_contain_text("phishing")
    who.opens("Publicar")
    expect(who.page.locator("#who")).to_have_text("Quem vai ver isto")
    who.presses("Publicar")
    expect(who.page.get_by_role("status")).to_have_text("Evento publicado.")


def chapter_6_organisations(who: Person, partner: Person) -> None:
    """A local organisation for the partner, with the partner's own UUID."""
    who.opens("Organizações", "Adicionar organização")
    who.types(name=partner.organisation, uuid=partner.org_uuid)
    who.ticks("Organização local")
    who.presses("Salvar")
    expect(who.page.locator("#uuid")).to_have_text(partner.org_uuid)


def chapter_7_accounts_and_authkeys(who: Person, partner: Person, *, read_only: bool) -> str:
    """A sync user for the partner, and its key: shown once, for one address, for a time."""
    who.opens("Admin", "Adicionar usuário")
    who.types(email=f"sync@{partner.email.partition('@')[2]}")
    who.chooses(org_id=partner.organisation, role_id="Sync user")
    who.presses("Salvar")
    who.opens(f"sync@{partner.email.partition('@')[2]}", "Adicionar authkey")
    who.types(comment=f"Sincronização com {partner.organisation}", allowed_ips="127.0.0.1", expiration="2099-12-31")
    if read_only:
        who.ticks("Somente leitura")
    who.presses("Criar authkey")
    key = who.page.locator("#key").inner_text()
    who.opens("Já copiei", "Admin", "Authkeys")
    assert key not in who.page.content(), "it was shown once"
    expect(who.page.get_by_role("row", name=f"Sincronização com {partner.organisation}")).to_contain_text(key[:4])
    return key


def chapter_8_synchronisation(who: Person, partner: Person, key: str) -> None:
    """A server entry with push and pull, its connection test, and everything once in both directions."""
    _add_server(who, partner, key, "Push", "Pull", pull_interval="0")
    who.presses("Testar conexão")
    expect(who.page.get_by_role("status").first).to_contain_text("A conexão funciona.")
    who.opens(f"Voltar para {partner.organisation}")
    who.presses("Fazer push de tudo")
    who.shows(PHISHING)
    partner.opens("Eventos")
    partner.shows(PHISHING)
    who.opens("Parceiros", partner.organisation)
    who.presses("Fazer pull agora")
    who.shows(INVOICE)
    who.opens("Eventos")
    who.shows(INVOICE)


def chapter_9_scheduled_pull(who: Person, partner: Person, key: str) -> None:
    """With a read-only key and an interval, what is not pushed is fetched without anybody's doing."""
    _add_server(who, partner, key, "Pull", pull_interval="1")
    who.presses("Testar conexão")
    who.opens("Parceiros", "Agenda e tarefas")
    row = who.page.get_by_role("row", name=partner.organisation).first
    who.shows("Eventos recebidos: 1")
    expect(row).to_contain_text("a cada minuto")
    assert row.locator("time").count() == 2, "when it was, and when it will be"
    who.opens("Eventos", INTERNAL)
    expect(who.main).to_contain_text("Somente sua organização")


def chapter_10_distribution(who: Person, partner: Person) -> None:
    """A sharing group of two organisations and their servers; its event goes to the partner when it is published."""
    who.opens("Grupos", "Adicionar grupo de compartilhamento")
    who.types(name=GROUP, releasability="CSIRTs do setor")
    who.ticks(who.organisation, partner.organisation)
    who.presses("Salvar")
    expect(who.page.get_by_role("row", name=partner.organisation).last).to_contain_text("sim")
    chapter_5_events(who, CAMPAIGN, "Grupo de compartilhamento", group=GROUP)
    partner.opens("Eventos")
    partner.shows(CAMPAIGN)
    partner.opens(CAMPAIGN)
    expect(partner.main).to_contain_text(GROUP)


def chapter_11_curl(who: Person) -> None:
    """A key of one's own; the lines that the pages show are run as they stand."""
    who.page.locator("header summary").click()
    who.page.locator("header a[href='/users/view/me']").click()
    who.opens("Adicionar authkey")
    who.types(comment="curl")
    who.presses("Criar authkey")
    key = who.page.locator("#key").inner_text()
    assert "version" in _run(who.page.locator("#curl").inner_text())
    who.page.locator("main a[href='/help#step-11']").click()
    seen = _run(who.page.locator("#curl-events").inner_text(), AUTHKEY=key)
    told = {item["Event"]["info"] for item in seen["response"]}
    assert told >= {PHISHING, INVOICE, INTERNAL, CAMPAIGN}, "pushed, own, pulled on schedule, pushed to the group"


def _add_server(who: Person, partner: Person, key: str, *ways: str, **more: str) -> None:
    who.opens("Parceiros", "Adicionar servidor")
    who.types(url=partner.server.url, name=partner.organisation, authkey=key, allow_internal="127.0.0.0/8", **more)
    who.chooses(remote_org_id=partner.organisation)
    who.ticks(*ways)
    who.presses("Salvar")


def _run(command: str, **environment: str) -> Any:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, env=environment, timeout=20)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
