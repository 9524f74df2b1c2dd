"""The self-check: what a careful admin would look at, with a verdict and the way to mend it (FEATURES row 82)."""

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mispmini.domain import clock
from mispmini.domain.alarms import WORDS, Alarm, AlarmKind
from mispmini.domain.diagnostics import Check, Verdict, worst
from mispmini.domain.errors import MispminiError
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.instance_settings import N_
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, house, identity
from mispmini.services.alarms import last_look, standing_alarms
from mispmini.services.backing_up import NO_ROOM, look_at_database, newest_backup, reason_of
from mispmini.services.link_health import WELL, Ailment, ailment_of, is_overdue
from mispmini.services.servers import Standing, list_servers
from mispmini.store import damage
from mispmini.store import house as store
from mispmini.store.organisations import find_any_organisation
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings

_SAFE_SQLITE = (3, 51, 3)
_DAY = 86400
_OLD_BACKUP = 7 * _DAY
_FEW_BYTES = 1024**3
_OLD_LOOK_HOURS = 48
_ROWS_NAMED = 20
_FOR_THE_OWNER = ("mispmini.db", "secrets.json", "secret.key", "web.key")  # the folder is closed at each start


def run_checks() -> tuple[Check, ...]:
    """Every check that costs little, after the alarms that stand."""
    return (*alarm_checks(Viewer.everything()), *_integrity(), *(check() for check in _CHECKS))


def metrics() -> dict[str, int]:
    """What the checks find, in numbers: the worst verdict from 0 for OK to 2, and how many partners are not well."""
    links = _links()
    ailments = [ailment_of(link) for link in links]
    return {
        "health": list(Verdict).index(worst(run_checks())),
        "partners_ailing": sum(ailment not in WELL for ailment in ailments),
        "partners_down": ailments.count(Ailment.DOWN),
        "pulls_overdue": sum(is_overdue(link.server) for link in links),
        "outbox_late": sum(link.queue.late for link in links),
    }


def alarm_checks(viewer: Viewer) -> tuple[Check, ...]:
    """The alarms that stand and the viewer may see."""
    return tuple(_alarm(alarm) for alarm in standing_alarms(viewer))


def _alarm(alarm: Alarm) -> Check:
    name, words = "integrity" if alarm.kind is AlarmKind.DATABASE else alarm.kind, WORDS[alarm.kind]
    return Check(name, Verdict.FAIL, words.sentence, alarm.values, words.advice, alarm.since)


def look_for_damage() -> tuple[Check, ...]:
    """Look through the whole database, for the checks to tell; or why that could not be done now."""
    try:
        if look_at_database():
            return ()
        reason = NO_ROOM
    except (MispminiError, OSError) as error:
        reason = reason_of(error)
    told = N_("The database could not be looked through for damage now: %(reason)s")
    return (Check("look", Verdict.WARN, told, {"reason": reason}, N_("Mend that, and try again.")),)


def _integrity() -> tuple[Check, ...]:
    """When the last look found the database whole; where it did not, the alarm says so."""
    look = last_look(AlarmKind.DATABASE)
    advice = N_("A server looks each day by itself, where there is room for a copy; `mispmini doctor` looks now.")
    if look is None:
        told = N_("Nobody has looked through the database for damage yet.")
        return (Check("integrity", Verdict.WARN, told, {}, advice),)
    if look.reason:
        return ()
    hours = (clock.now() - look.looked) // 3600
    verdict = Verdict.WARN if hours > _OLD_LOOK_HOURS else Verdict.OK
    told = N_("The database was whole when it was last looked through, %(hours)s hours ago.")
    return (Check("integrity", verdict, told, {"hours": hours}, advice if verdict is Verdict.WARN else ""),)


def check_rows() -> Check:
    """Whether every row holds what it should; reads the large tables."""
    damaged = [f"{table} {number}" for table, number in store.rows_with_broken_json()]
    return _without("rows", damaged, N_("No row of the database is damaged."))


def _left_out() -> Check:
    return _without("left_out", [str(one) for one in damage.known()], N_("Nothing had to be left out of answers."))


def _without(name: str, damaged: Sequence[str], fine: str) -> Check:
    if not damaged:
        return Check(name, Verdict.OK, fine)
    advice = N_("Mend or delete them, or restore the newest backup: until then answers leave them out.")
    values = {"count": len(damaged), "rows": ", ".join(damaged[:_ROWS_NAMED])}
    return Check(name, Verdict.FAIL, N_("Damaged rows of the database: %(count)s (%(rows)s)"), values, advice)


def _schema() -> Check:
    version, expected = house.schema_versions()
    values = {"version": version, "expected": expected}
    if version == expected:
        return Check("schema", Verdict.OK, N_("The schema has version %(version)s."), values)
    advice = N_("Restart the server: it migrates at the start.")
    sentence = N_("The schema has version %(version)s, this program expects %(expected)s.")
    return Check("schema", Verdict.FAIL, sentence, values, advice)


def _base_url() -> Check:
    url = addresses.announced_url()
    parts, values = urlsplit(url), {"url": url}
    if parts.scheme == "https":
        return Check("base_url", Verdict.OK, N_("Partners know this server as %(url)s."), values)
    if parts.hostname in ("127.0.0.1", "localhost", "::1"):
        advice = N_("Set base_url to the address that partners use, with https.")
        return Check("base_url", Verdict.WARN, N_("This server is known as %(url)s, to itself only."), values, advice)
    advice = N_("Put a proxy with a certificate in front, and set base_url to its https address.")
    return Check("base_url", Verdict.FAIL, N_("Partners reach %(url)s without encryption."), values, advice)


def _host_organisation() -> Check:
    host = load_settings().host_org_id
    found = None if host is None else find_any_organisation(host)
    advice = N_("Give it the name and the UUID by which your community knows it.")
    if found is None:
        return Check("host_organisation", Verdict.FAIL, N_("No organisation runs this server."), {}, advice)
    if found.name.upper() == "ORGNAME" or canonical_uuid(found.uuid) is None:
        sentence = N_("The organisation is still called %(name)s.")
        return Check("host_organisation", Verdict.FAIL, sentence, {"name": found.name}, advice)
    return Check("host_organisation", Verdict.OK, N_("%(name)s runs this server."), {"name": found.name})


def _default_admin() -> Check:
    if store.is_any_user_called("admin@admin.test"):
        advice = N_("Give the account another address, or delete it.")
        return Check("default_admin", Verdict.WARN, N_("There is an account admin@admin.test."), {}, advice)
    return Check("default_admin", Verdict.OK, N_("There is no account with a default name."))


def _partner_accounts() -> Check:
    found = store.partners_who_administer()
    if found:
        advice = N_("Give partners' accounts the role Sync user.")
        sentence = N_("Accounts of partners may administer this server: %(emails)s")
        return Check("partner_accounts", Verdict.FAIL, sentence, {"emails": ", ".join(found)}, advice)
    return Check("partner_accounts", Verdict.OK, N_("No partner's account may administer this server."))


def _second_factors() -> Check:
    found = store.site_admins_without_second_factor()
    if found:
        advice = N_("Each turns it on at My profile.")
        sentence = N_("Site admins without a second factor: %(emails)s")
        return Check("second_factor", Verdict.WARN, sentence, {"emails": ", ".join(found)}, advice)
    return Check("second_factor", Verdict.OK, N_("No site admin signs in with a password alone."))


def _keys() -> Check:
    count = store.keys_without_limits()
    if count:
        advice = N_("Edit the keys, or require it for new ones in the settings.")
        sentence = N_("Keys that never end and may be used from everywhere: %(count)s")
        return Check("keys", Verdict.WARN, sentence, {"count": count}, advice)
    return Check("keys", Verdict.OK, N_("Every key has an end or a list of addresses."))


def _files() -> Check:
    paths = [data_folder() / name for name in _FOR_THE_OWNER]
    open_to_others = [path.name for path in paths if _others_read(path)]
    if open_to_others:
        advice = N_("Take the rights of group and others away: chmod go= on each.")
        values = {"names": ", ".join(open_to_others)}
        return Check("files", Verdict.FAIL, N_("Others on this machine may read %(names)s."), values, advice)
    return Check("files", Verdict.OK, N_("Database and key files are readable by their owner only."))


def _others_read(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _disk() -> Check:
    space = house.disk_space()
    values = {"mib": space.free // 2**20}
    if space.free < max(_FEW_BYTES // 4, 2 * store.database_bytes()):
        advice = N_("Make room: a migration and a backup need the size of the database again.")
        return Check("disk", Verdict.FAIL, N_("Only %(mib)s MiB are free."), values, advice)
    verdict = Verdict.WARN if space.free < _FEW_BYTES else Verdict.OK
    return Check("disk", verdict, N_("%(mib)s MiB are free."), values)


def _backup() -> Check:
    made = newest_backup()
    advice = N_("Run `mispmini backup` each day, and keep a copy on another machine.")
    if made is None:
        return Check("backup", Verdict.WARN, N_("There is no backup in the data folder."), {}, advice)
    days = (clock.now() - made) // _DAY
    values = {"days": days}
    if clock.now() - made > _OLD_BACKUP:
        return Check("backup", Verdict.WARN, N_("The newest backup is %(days)s days old."), values, advice)
    return Check("backup", Verdict.OK, N_("The newest backup is %(days)s days old."), values)


def _sqlite() -> Check:
    version = store.sqlite_version()
    values = {"version": ".".join(map(str, version))}
    if version >= _SAFE_SQLITE:
        return Check("sqlite", Verdict.OK, N_("SQLite is %(version)s."), values)
    told = N_("SQLite is %(version)s. Its fault before 3.51.3 needs two writers, who never meet here.")
    return Check("sqlite", Verdict.OK, told, values)


def _scheduler() -> Check:
    if house.scheduler_runs():
        return Check("scheduler", Verdict.OK, N_("A process pushes and pulls by itself."))
    advice = N_("Start the server with `serve`, with the scheduler switched on.")
    return Check("scheduler", Verdict.WARN, N_("No process pushes or pulls by itself."), {}, advice)


def _queue() -> Check:
    queues = [link.queue for link in _links()]
    parked, late = sum(queue.parked for queue in queues), sum(queue.late for queue in queues)
    oldest = min((queue.oldest for queue in queues if queue.oldest), default=clock.now())
    minutes = (clock.now() - oldest) // 60
    values = {"waiting": sum(queue.waiting for queue in queues), "parked": parked, "minutes": minutes}
    advice = N_("Look at the partners: each tells what stops it.")
    if parked:
        return Check("queue", Verdict.WARN, N_("Deliveries that need somebody: %(parked)s"), values, advice)
    if late:
        return Check("queue", Verdict.WARN, N_("A delivery has waited for %(minutes)s minutes."), values, advice)
    return Check("queue", Verdict.OK, N_("Deliveries that wait: %(waiting)s"), values)


def _partners() -> Check:
    ailing = [link.server.name for link in _links() if ailment_of(link) not in WELL]
    if ailing:
        advice = N_("Look at the partners: each tells what stops it.")
        values = {"count": len(ailing), "names": ", ".join(ailing)}
        return Check("partners", Verdict.WARN, N_("Partners that need a look: %(names)s"), values, advice)
    return Check("partners", Verdict.OK, N_("No partner is down, and no pull or delivery is late."))


def _identity() -> Check:
    found = identity.broken()
    if found is None:
        return Check(
            "identity", Verdict.OK, N_("Partners know this server by the URL and the organisation that it has.")
        )
    advice = N_(
        "Give the old URL in url_aliases, or the old UUID to the organisation again. If partners were told, confirm the"
        " change on the health page or with `mispmini doctor --confirm-identity`."
    )
    values = {
        "old": found.known.url, "old_uuid": found.known.org_uuid, "new": found.now.url, "new_uuid": found.now.org_uuid,
        "groups": max(found.led.groups if found.led else 0, found.held.groups if found.held else 0),
        "links": max(found.led.servers if found.led else 0, found.held.servers if found.held else 0),
        "accounts": found.led.accounts if found.led else 0, "events": found.held.events if found.held else 0,
    }  # fmt: skip
    if found.led is None:
        sentence = N_(
            "Partners know the organisation of this server as %(old_uuid)s, and it is now %(new_uuid)s. Events that"
            " partners hold in its name: %(events)s, sharing groups: %(groups)s, links: %(links)s."
        )
    else:
        sentence = N_(
            "Partners know this server as %(old)s, and it now calls itself %(new)s. Sharing groups that name it:"
            " %(groups)s, links: %(links)s, partners' accounts: %(accounts)s. Links in e-mails lead to the old URL."
        )
    return Check("identity", Verdict.WARN, sentence, values, advice)


def _links() -> Sequence[Standing]:
    return list_servers(Viewer.everything())


_CHECKS: tuple[Callable[[], Check], ...] = (
    _schema, _base_url, _host_organisation, _default_admin, _second_factors, _partner_accounts, _keys, _files,
    _disk, _backup, _sqlite, _scheduler, _queue, _left_out, _partners, _identity,
)  # fmt: skip
