"""A zeep client, strict, of the Open Media service, that knows it by its WSDL alone.

usage: zeep_open_media.py WSDL USER, and the password on standard input. Prints what it got as JSON.
"""

import json
import sys
import time
from datetime import timedelta

from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.helpers import serialize_object

wsdl, user = sys.argv[1:]
password = sys.stdin.read()
client = Client(wsdl, settings=Settings(strict=True, xml_huge_tree=False))
service = client.service


def headers(secret):
    found = []
    for name, value in (("LogonID", user), ("Password", secret)):
        header = etree.Element(f"{{OpenMediaService}}{name}")
        header.text = value
        found.append(header)
    return found


def call(operation, *args, secret=password, **members):
    """What is answered; of a fault its type and its message."""
    if members:
        args = (members,)
    try:
        return serialize_object(service[operation](*args, _soapheaders=headers(secret)), dict)
    except Fault as fault:
        detail = fault.detail[0]
        assert detail[0].text == fault.message, etree.tostring(fault.detail)
        return {"fault": etree.QName(detail).localname, "message": fault.message}


def requests(answer):
    return (answer["OpenMediaRequests"] or {}).get("OpenMediaRequest", [])


info = {"IVRInformation": [{"Label": "ANI", "Data": "555 <1234> & ü"}, {"Label": "DNIS", "Data": "800"}]}
request = {"ServiceGroupID": 9, "IVRInfo": info, "PrivateData": "guid-1", "SessionPriority": 7}
got = {"operations": sorted(service._binding._operations)}
got["stranger"] = call("AddRequest", secret="guess", **request)
got["added"] = call("AddRequest", **request)
number = got["added"].pop("OpenMediaID")
answer = call("GetOpenMediaRequestStatusByID", number)
(got["queued"],) = requests(answer)
queued = got["queued"].pop("TimeStamp")
got["queued"]["LogonID"] = got["queued"]["LogonID"] or ""                      # zeep makes nothing of an empty text
assert got["queued"].pop("ID") == number and queued < answer["TimeStamp"], answer
got["modified"] = call("ModifyRequest", OpenMediaID=number, IVRInfo={"IVRInformation": [{"Label": "Note", "Data": "x"}]})
got["diverted"] = call("DivertRequest", OpenMediaID=number, ServiceGroupID=11)
assert got["diverted"].pop("OpenMediaID") == number
# Updates come when the service hears of them.
until = time.monotonic() + 30
while True:
    entries = requests(call("GetOpenMediaRequestsByTime", answer["TimeStamp"]))
    latest = [(entry["Status"], entry["ServiceGroupID"]) for entry in entries if entry["ID"] == number][-1:]
    if latest == [("Queued", 11)] or time.monotonic() > until:
        break
got["latest"] = latest
entries = requests(call("GetOpenMediaRequestHistoryByID", number, queued - timedelta(seconds=1)))
got["history"] = [(entry["Status"], entry["ServiceGroupID"]) for entry in entries]
entries = requests(call("GetAllOpenMediaRequestStatus"))
got["all"] = [(entry["Status"], entry["ServiceGroupID"]) for entry in entries if entry["ID"] == number]
cancelling = {"OpenMediaID": number, "CancelIfAllocated": True, "DoNotReport": False}
got["cancelled"] = call("CancelRequest", **cancelling)
got["again"] = call("CancelRequest", **cancelling)
got["unknown"] = call("GetOpenMediaRequestStatusByID", 424242)
got["closed"] = call("AddRequest", **{**request, "ServiceGroupID": 12})["RequestStatus"]
long = {"IVRInformation": [{"Label": "x" * 101, "Data": "y"}]}
got["too long"] = call("AddRequest", **{**request, "IVRInfo": long})["fault"]
got["group"] = call("GetServiceGroupStatus", 12)
groups = call("GetAllOpenMediaServiceGroupStatus", 1)["ServiceGroupStatus"]     # zeep takes Status for the answer itself
got["groups"] = sorted((group["ServiceGroupID"], group["Open"]) for group in groups)
got["options"] = call("SetOptions", TypeOfSession=2, CloseTabOptions=4)
print(json.dumps(got))
