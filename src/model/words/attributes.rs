//! What can be read of a transition, and of the calls, agents and the rest around it. Which of them a transition has is in
//! `transition_signatures`.

use super::words;

words! {
    /// What a rule can read of a call.
    CallAttribute {
        /// The call's number, as the reader knows it.
        Id = "id",
        /// The switch's number of the call.
        Sequence = "sequence",
        /// What names it beside numbers: the platform's own name for it, else one that is minted.
        Guid = "guid",
        /// The calling number.
        Ani = "ani",
        /// The dialled number.
        Dnis = "dnis",
        /// From 1 to 100, as its platform counts.
        Priority = "priority",
        /// The same counted from the other end: 1 for 100.
        PriorityReversed = "priority-reversed",
        /// How many items of data it has.
        Items = "items",
        /// The caller's name.
        CallerName = "caller-name",
        /// Its medium.
        Media = "media",
        /// What brought it about.
        Type = "type",
        /// Why it ended, or its last party left.
        Cause = "cause",
        /// Who began it, and towards whom.
        Direction = "direction",
        /// Where it is in its life.
        State = "state",
        /// The last code of the agent whom the transition is about; if it is about no agent, of the agent connected
        /// last.
        Disposition = "disposition",
        /// Where it waits or last waited.
        Service = "service",
        /// The agent who began it.
        Originator = "originator",
        /// The agent who is in it.
        Agent = "agent",
        /// What it is going to.
        DestinationType = "destination-type",
        /// Where it is going: an id or a number.
        Destination = "destination",
        /// Whoever called from outside left before anybody answered.
        Abandoned = "abandoned",
        /// When it began to wait, by the platform's clock.
        QueuedDate = "queued-date",
        /// The time of that day.
        QueuedTime = "queued-time",
    }
}

words! {
    AgentAttribute {
        /// The agent's record id, as the reader knows it.
        Id = "id",
        /// The number with which the agent logs on.
        Number = "number",
        /// The agent's name.
        Name = "name",
        /// The number of the agent's telephone.
        Station = "station",
        /// The state that was told last.
        State = "state",
        /// The agent's current call.
        Call = "call",
        /// Why the agent is not ready.
        Reason = "reason",
        /// The agent's detailed occupation; set only in `service.agents`.
        Occupation = "occupation",
        /// The time at which the agent's state began, as the platform's time of day is written.
        Since = "since",
        /// The calling number of the distributed call that the agent handles.
        Ani = "ani",
        /// The dialled number of that call.
        Dnis = "dnis",
        /// The last disposition that the agent gave, once the work after the call is over.
        Disposition = "disposition",
        /// The number of distributed calls that the agent is connected to.
        AcdCalls = "acd-calls",
        /// The number of calls that waited for the agent to make them.
        OutboundAcdCalls = "outbound-acd-calls",
        /// The number of calls that no group distributed.
        NonAcdCalls = "non-acd-calls",
        /// The number of chats.
        Chats = "chats",
        /// The number of e-mails.
        Emails = "emails",
        /// The number of held calls.
        HeldCalls = "held-calls",
        /// Whether the agent works at a telephone alone, without the platform's program.
        Phone = "phone",
    }
}

words! {
    /// The parties that a transition can be about.
    PartyRole {
        /// Whom it is about.
        Party = "party",
        /// Who was in the call, where two calls join.
        Other = "other",
        /// Who came, where two calls join.
        To = "to",
        /// Who began the call.
        Caller = "caller",
        /// Where the call is going.
        Destination = "destination",
    }
}

words! {
    PartyAttribute {
        /// Its id among the devices of its kind.
        Id = "id",
        /// What it is.
        Kind = "kind",
        /// Its telephone number; of an agent, the station's.
        Number = "number",
    }
}

words! {
    ServiceAttribute {
        /// Its id among the services of its kind.
        Id = "id",
        /// What it is.
        Kind = "kind",
        /// Its name.
        Name = "name",
    }
}

words! {
    RequestAttribute {
        /// The number that the asking application gave it.
        Id = "id",
        /// What it is about.
        About = "about",
        /// The agent's number or name as it was asked for.
        Number = "number",
        /// The station at which to log on.
        Station = "station",
        /// The service that is meant, where the application names one.
        Service = "service",
        /// What the service is.
        ServiceKind = "service-kind",
        /// The same, by the application's own number.
        ServiceType = "service-type",
        /// The destination: an agent's station, or as it was asked for.
        Destination = "destination",
        /// What the destination is.
        DestinationType = "destination-type",
        /// The number with which the agent logs on who is called.
        DestinationAgent = "destination-agent",
        /// The digits, `*`, `#` and `+` to dial for the destination; nothing if it is not a number, or is a service for
        /// which the configuration gives none.
        Dial = "dial",
        /// A disposition or reason, as a number.
        Code = "code",
        /// A reason, as a text.
        Reason = "reason",
        /// The digits to send.
        Digits = "digits",
        /// How many items of call data it has.
        Items = "items",
    }
}

words! {
    /// What a transition says of itself.
    Detail {
        /// The agent's state.
        State = "state",
        /// Whose side went.
        End = "end",
        /// It is one call, handed on without a consultation.
        Blind = "blind",
        /// The disposition that was given now, or the last one of the agent whose wrap-up ends.
        Code = "code",
        /// The far end's own connection has been told.
        Told = "told",
        /// Whether the platform has a way to answer `call` for the agent at whom it is delivered.
        Answerable = "answerable",
        /// The kind of failure.
        Failure = "failure",
        /// The platform's own number for a failure.
        Result = "result",
        /// Why it failed, as a text.
        Reason = "reason",
        /// Whether the selected route is used.
        Status = "status",
        /// Where the route leads.
        RouteType = "route-type",
        /// The id or number to which the route leads.
        Destination = "destination",
        /// Seconds until a route request is closed by default.
        Timeout = "timeout",
        /// What the snapshot would have shown.
        Entity = "entity",
        /// The last item of its type in a snapshot.
        LastOfType = "last-of-type",
        /// The last item of a snapshot.
        Last = "last",
        /// Why the route was refused.
        RejectReason = "reject-reason",
        /// The routing platform's number of the route.
        Route = "route",
        /// Whether a route is cancelled though an agent has it.
        IfAllocated = "if-allocated",
    }
}

words! {
    /// Lists that a rule can go through.
    ListAttribute {
        /// Call data: items have `key` and `value`.
        CallData = "call.data",
        /// What the application wants the call data to be: items have `key` and `value`.
        RequestData = "request.data",
        /// An agent's services: items have `id` and `kind`.
        AgentServices = "agent.services",
        /// The parties of a call: items have `number` where it is known, `id`, `kind` and `state`.
        CallParties = "call.parties",
        /// The agents of a service: items have `id`, and `agent` is the item's agent.
        ServiceAgents = "service.agents",
        /// The dispositions that the agent has given the call: items have `id`.
        CallDispositions = "call.dispositions",
    }
}

impl ListAttribute {
    /// What its items have.
    pub fn items(self) -> &'static [ItemAttribute] {
        use ItemAttribute::*;
        match self {
            ListAttribute::CallData | ListAttribute::RequestData => &[Number, Key, Value],
            ListAttribute::AgentServices | ListAttribute::ServiceAgents => &[Id, Kind],
            ListAttribute::CallParties => &[Id, Kind, Number, State],
            ListAttribute::CallDispositions => &[Id],
        }
    }
}

words! {
    /// What an item of a list has.
    ItemAttribute {
        /// The id of a service, agent, party or disposition.
        Id = "id",
        /// What the service or party is.
        Kind = "kind",
        /// A number for `key`, the same for as long as the bridge runs.
        Number = "number",
        /// The label of call data.
        Key = "key",
        /// The value of call data.
        Value = "value",
        /// The state of a party's connection.
        State = "state",
    }
}
