"""A zeep client, strict, that knows the service by its WSDL alone.

usage: zeep_client.py WSDL CALLBACK-URL USER, and the password on standard input. Prints what it got as JSON.
"""

import json
import sys

from zeep import Client, Settings
from zeep.exceptions import Fault

wsdl, callback, user = sys.argv[1:]
client = Client(wsdl, settings=Settings(strict=True, xml_huge_tree=False))
service = client.service


def opened(password):
    return service.OpenConnection(args={
        "TenantIds": {"int": [1]},
        "UserCredentials": {"UserName": user, "Password": password},
        "ClientCallbackURL": callback,
    })


got = {"operations": sorted(service._binding._operations)}
try:
    opened("guess")
except Fault as fault:
    detail = fault.detail[0] if fault.detail is not None and len(fault.detail) else None
    got["fault"] = {
        "reason": fault.message,
        "detail": None if detail is None else [detail.tag, {child.tag: child.text for child in detail}],
    }
session = opened(sys.stdin.read())
got["session"] = {"SessionId": session.SessionId, "status": session.status}
own = {"SessionId": session.SessionId, "TenantId": 1}
got["AddMessageClass"] = service.AddMessageClass(args={**own, "MessageClass": "EventCategoryAgent"})
got["OnLine"] = service.OnLine(args=own)
got["Snapshot"] = service.Snapshot(args={**own, "EntityType": {"CTIEntityType": ["AgentInfo", "ServiceInfo"]}})
print(json.dumps(got))
