"""``/listClients``: who takes part (PR-MREST), as JSON or XML."""

from xml.sax.saxutils import escape, quoteattr

import msgspec
from starlette.responses import Response

from lienthong.directory.snapshot import Snapshot
from lienthong.kernel.identifiers import ClientId, SubsystemId

_NAMESPACES = 'xmlns:id="http://x-road.eu/xsd/identifiers" xmlns="http://x-road.eu/xsd/xroad.xsd"'


def list_clients(directory: Snapshot, *, instance: str, accept: str) -> Response:
    """Return the active members and subsystems of an instance.

    Args:
        directory: the snapshot to read.
        instance: only members of this instance.
        accept: the request's ``Accept``, several joined by commas; JSON where it names ``application/json``, else XML.
    """
    members: list[tuple[ClientId, str, str]] = [
        (organ.id, organ.name, "") for organ in directory.organs() if organ.active and organ.id.instance == instance
    ]
    members += [
        (subsystem.id, organ.name, subsystem.name)
        for subsystem in directory.subsystems()
        if subsystem.active and (organ := directory.organ(subsystem.id.organ)) and organ.id.instance == instance
    ]
    if "application/json" in accept.lower():
        body = msgspec.json.encode({"member": [_json(*member) for member in members]})
        return Response(body, media_type="application/json;charset=utf-8")
    lines = "".join(_xml(*member) for member in members)
    return Response(f"<clientList {_NAMESPACES}>{lines}</clientList>", media_type="text/xml;charset=utf-8")


def _json(id_: ClientId, name: str, subsystem_name: str) -> dict[str, object]:
    described: dict[str, str] = {
        "object_type": "SUBSYSTEM" if isinstance(id_, SubsystemId) else "MEMBER",
        "xroad_instance": id_.instance,
        "member_class": id_.member_class,
        "member_code": id_.member,
    }
    if isinstance(id_, SubsystemId):
        described["subsystem_code"] = id_.subsystem
    member: dict[str, object] = {"id": described, "name": name}
    return member | {"subsystem_name": subsystem_name} if subsystem_name else member


def _xml(id_: ClientId, name: str, subsystem_name: str) -> str:
    kind = "SUBSYSTEM" if isinstance(id_, SubsystemId) else "MEMBER"
    tags = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
    parts = "".join(f"<id:{tag}>{escape(part)}</id:{tag}>" for tag, part in zip(tags, id_.parts, strict=False))
    extra = f"<subsystemName>{escape(subsystem_name)}</subsystemName>" if subsystem_name else ""
    return f"<member><id id:objectType={quoteattr(kind)}>{parts}</id><name>{escape(name)}</name>{extra}</member>"
