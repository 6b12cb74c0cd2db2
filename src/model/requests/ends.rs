//! The end of requests, each once: who is told, and failures with their reasons. The modules `shown` and `outcome` decide
//! when a request is done, `time_out` when it is waited for no longer.

use smallvec::smallvec;

use super::{Answered, Expect, Request};
use crate::{model::*, time::Time};

impl Model {
    pub(super) fn done(&mut self, index: RequestIx, transition: Transition) {
        self.tell_accepted(index);
        self.requests.close(index);
        self.requests.follow_ups.push(index);
        self.answer_only(transition, smallvec![index]);
    }

    pub(in crate::model) fn finish(&mut self, index: RequestIx) {
        self.requests.close(index);
        self.tell_accepted(index);
    }

    pub(super) fn finish_with(&mut self, index: RequestIx, transition: Transition) {
        self.requests.close(index);
        self.answer_only(transition, smallvec![index]);
    }

    /// The platform took the request, as its answer says or as events show: the asker is told once.
    pub(super) fn tell_accepted(&mut self, index: RequestIx) {
        let now = self.moment.now;
        let request = &mut self.requests[index];
        request.accepted.get_or_insert(now);
        if std::mem::replace(&mut request.told_accepted, true) || request.quiet {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestAccepted).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        self.tell(transition);
    }

    /// Tells everyone; the first request that this answers goes with it, the askers of others are told apart.
    pub(in crate::model) fn tell_answering(&mut self, mut transition: Transition, mut requests: Answered) {
        if requests.is_empty() {
            return self.tell(transition);
        }
        requests.retain(|request| !self.requests[*request].quiet);
        let others: Answered = requests.drain(requests.len().min(1)..).collect();
        transition.request = requests.first().copied();
        if others.is_empty() {
            return self.tell(transition);
        }
        self.tell(transition.clone());
        self.answer_only(transition, others);
    }

    /// Tells those who asked, and nobody else.
    pub(in crate::model) fn answer_only(&mut self, transition: Transition, requests: Answered) {
        for index in requests {
            let request = &self.requests[index];
            if !request.quiet {
                let client = request.client;
                let mut answer = transition.clone();
                answer.audience = Audience::Asker(client);
                self.tell(answer.request(index));
            }
        }
    }

    pub(in crate::model) fn request_failed(&mut self, change: &Change) -> Effect {
        let Some(index) = self.requests.answered_by(change) else { return Effect::UnknownRequest };
        let mut buffer = itoa::Buffer::new();
        let reason = match change.fact(Fact::Reason).as_text(&mut buffer) {
            Some(reason) => reason.to_owned(),
            None => format!("{} refused it without a reason", self.settings.platform),
        };
        let failure = change.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
        self.fail_saying(index, failure, reason, change.int(Fact::Result));
        Effect::Taken
    }

    /// Ends a request with a failure, if it has not ended.
    pub fn fail_request(&mut self, now: Time, index: RequestIx, reason: String) {
        self.begin(now, None);
        if self.requests.open(index).is_some() {
            self.fail(index, Failure::Failed, reason);
        }
    }

    pub(super) fn fail(&mut self, index: RequestIx, failure: Failure, reason: String) {
        self.fail_saying(index, failure, reason, None);
    }

    /// `result` is the platform's own number for the failure, where it gave one.
    fn fail_saying(&mut self, index: RequestIx, failure: Failure, reason: String, result: Option<i64>) {
        self.requests.close(index);
        self.undo(index);
        let request = &self.requests[index];
        if request.undoes {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestFailed).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        transition.details.failure = Some(failure);
        transition.details.about = Some(request.about);
        transition.details.reason = Some(reason);
        transition.details.result = result;
        self.tell(transition);
    }

    fn fail_where(&mut self, concerned: impl Fn(&Request) -> bool, reason: &str) {
        let open = self.requests.all_open();
        let failing: Vec<RequestIx> = open.filter(|(_, request)| concerned(request)).map(|(index, _)| index).collect();
        for index in failing {
            self.fail(index, Failure::Failed, reason.to_owned());
        }
    }

    /// The call is over: what was asked for it cannot be done any more. A disposition can.
    pub(in crate::model) fn fail_requests_of(&mut self, call: CallIx) {
        let concerned = |request: &Request| {
            let about_it = request.call == Some(call) || request.second == Some(call);
            about_it && request.about == About::Call
        };
        self.fail_where(concerned, "the call ended");
    }

    /// The calls were transferred: a conference of them that was asked for will not come about.
    pub(in crate::model) fn fail_conferences_of(&mut self, calls: [CallIx; 2]) {
        let concerned = |request: &Request| {
            let joins = matches!(request.expect, Expect::Joined(call) if calls.contains(&call));
            joins && request.kind == RequestKind::Conference
        };
        self.fail_where(concerned, "the call was transferred instead");
    }

    pub(in crate::model) fn fail_requests_of_agent(&mut self, agent: AgentIx) {
        let concerned = |request: &Request| {
            request.agent == Some(agent) && request.about == About::Agent && request.kind != RequestKind::LogOn
        };
        self.fail_where(concerned, "the agent logged off");
    }

    pub(in crate::model) fn fail_all_requests(&mut self, reason: &str) {
        let reason = format!("{}: {reason}", self.settings.platform);
        // Nobody is there to take anything back.
        self.requests.table.values_mut().for_each(|request| request.undo = None);
        self.fail_where(|_| true, &reason);
    }
}
