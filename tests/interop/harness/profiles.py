"""The two wire profiles, as field-notes and guide tell them apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    name: str                   # in the bridge's configuration
    contracts: str              # the C# file
    callback: str               # namespaces
    data: str
    before: str                 # an event's class: its name with something before and after
    after: str
    agent: str                  # the agent among a request's arguments
    faults_have_detail: bool
    call_data: int              # how many CallData items there are at least
    call_info_is_list: bool
    snapshot_end: str           # the flag of SnapShotUpdate …
    snapshot_end_of: str        # … at the last "type" or the last of "all"
    snapshot_has_request: bool
    state_has_call: bool        # AgentStateChange has CallId
    heartbeat_has_session: bool
    service_agents: str         # the list of agents in ServiceStateChange

    def event_class(self, event):
        return f"{self.before}{event}{self.after}"


EDK = Profile(
    name="edk-2009-08",
    contracts="Edk.cs",
    callback="http://www.aspect.com/unifiedip/edk/clientpublishapi/2009/08",
    data="http://www.aspect.com/unifiedip/edk/commondata/2009/08",
    before="CTI",
    after="",
    agent="AgentIdx",
    faults_have_detail=True,
    call_data=20,
    call_info_is_list=False,
    snapshot_end="SnapShotTypeComplete",
    snapshot_end_of="type",
    snapshot_has_request=True,
    state_has_call=True,
    heartbeat_has_session=True,
    service_agents="AgentIdList",
)

GUIDE = Profile(
    name="guide",
    contracts="Guide.cs",
    callback="http://tempuri.org/",
    data="http://schemas.datacontract.org/2004/07/Aspect.CTIPS",
    before="",
    after="Event",
    agent="AgentId",
    faults_have_detail=False,
    call_data=0,
    call_info_is_list=True,
    snapshot_end="SnapShotComplete",
    snapshot_end_of="all",
    snapshot_has_request=False,
    state_has_call=False,
    heartbeat_has_session=False,
    service_agents="RequestIdList",
)
