//! A call, and the names that lead to it. The modules beside this one decide what becomes of it.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    HandWritten,
    event::{CALL_OFFERED, CALL_STARTED, publish_event},
    frame::{Frame, GROUP},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PartyState {
    Alerting,
    Connected,
    Left,
}

pub struct Call {
    pub id: i64,
    pub guid: String,
    pub number: i64,
    pub pbx: i64,
    pub ani: String,
    pub dnis: String,
    pub caller: String,
    pub outbound: bool,
    pub acd: bool,
    pub data: Vec<(String, String)>,
    pub service: i64,
    pub queue: i64,
    pub disposition: i64,
    pub parties: SmallVec<[(i64, PartyState); 4]>,
    pub owed: SmallVec<[i64; 2]>,
    pub routing: bool,
    pub over: bool,
}

impl HandWritten {
    /// The call of an event: by the best name that is known. Numbers are given out again: one that leads to a call with
    /// another guid is another call's.
    pub fn find(&self, frame: &Frame) -> Option<usize> {
        if let Some(place) = self.guids.get(&*frame.guid) {
            return Some(*place);
        }
        let pbx = if frame.pbx_call_id != 0 { frame.pbx_call_id } else { frame.tapi_call_id };
        let place = *self.numbers.get(&frame.call_id).or_else(|| self.pbx.get(&pbx))?;
        let known = &self.call(place).guid;
        (known.is_empty() || frame.guid.is_empty() || *known == frame.guid).then_some(place)
    }

    /// Names that come later lead to the call, too.
    fn learn_names(&mut self, place: usize, frame: &Frame) {
        let call = self.calls[place].as_mut().expect("a call that is known");
        if call.guid.is_empty() && !frame.guid.is_empty() {
            call.guid.push_str(&frame.guid);
            self.guids.insert(frame.guid.to_string(), place);
        }
        if call.number == 0 && frame.call_id != 0 {
            call.number = frame.call_id;
            self.numbers.insert(frame.call_id, place);
        }
        if frame.pbx_call_id != 0 && frame.pbx_call_id != call.pbx {
            self.pbx.remove(&call.pbx);
            call.pbx = frame.pbx_call_id;
            self.pbx.insert(frame.pbx_call_id, place);
        }
    }

    /// The call of an event, which starts it where nobody knows it; with all that the event says of it.
    pub fn call_for(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) -> usize {
        if let Some(place) = self.find(frame) {
            self.note(place, frame);
            return place;
        }
        let fits = frame.call_id > 0 && i32::try_from(frame.call_id).is_ok() && !self.ids.contains_key(&frame.call_id);
        let id = if fits {
            frame.call_id
        } else {
            self.minted += 1;
            self.minted
        };
        let call = Call {
            id,
            guid: frame.guid.to_string(),
            number: frame.call_id,
            pbx: frame.pbx_call_id,
            ani: String::new(),
            dnis: String::new(),
            caller: String::new(),
            outbound: false,
            acd: false,
            data: Vec::new(),
            service: 0,
            queue: 0,
            disposition: 0,
            parties: SmallVec::new(),
            owed: SmallVec::new(),
            routing: false,
            over: false,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.calls[place] = Some(call);
                place
            }
            None => {
                self.calls.push(Some(call));
                self.calls.len() - 1
            }
        };
        self.guids.insert(frame.guid.to_string(), place);
        self.numbers.insert(frame.call_id, place);
        self.pbx.insert(frame.pbx_call_id, place);
        self.ids.insert(id, place);
        self.note(place, frame);
        let call = self.call(place);
        publish_event(&self.session, CALL_STARTED, 0, call.service, publish, |out| {
            out.call_head(call);
            out.text(
                "<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>\
                      <d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>",
            );
        });
        publish_event(&self.session, CALL_OFFERED, 0, call.service, publish, |out| {
            out.member("ANI", &call.ani);
            out.call_head(call);
            out.text("<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>");
            out.member("DNIS", &call.dnis);
            out.text("<d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>");
        });
        place
    }

    pub fn call(&self, place: usize) -> &Call {
        self.calls[place].as_ref().expect("a call that is known")
    }

    pub fn call_mut(&mut self, place: usize) -> &mut Call {
        self.calls[place].as_mut().expect("a call that is known")
    }

    pub fn note(&mut self, place: usize, frame: &Frame) {
        self.learn_names(place, frame);
        let call = self.calls[place].as_mut().expect("a call that is known");
        let Some(entry) = frame.entry() else { return };
        let ani = entry.profile(2);
        let guess: &str = if call.ani.is_empty() { &frame.calling_device } else { "" };
        remember(&mut call.ani, if ani.is_empty() { guess } else { ani });
        remember(&mut call.dnis, &entry.dnis);
        let name = entry.profile(6);
        remember(&mut call.caller, if name.is_empty() { entry.profile(48) } else { name });
        call.acd |= matches!((entry.media, entry.call_type), (1, 1));
        if let (0, Some(group)) = (call.service, &entry.group)
            && group.r#type == GROUP
        {
            call.service = group.id;
        }
        for item in entry.call_profile.iter().filter(|profile| profile.id >= 101) {
            let mut buffer = itoa::Buffer::new();
            let key = buffer.format(item.id);
            match call.data.iter_mut().find(|(known, _)| known == key) {
                Some((_, value)) => remember(value, &item.value),
                None => call.data.push((key.to_owned(), item.value.to_string())),
            }
        }
    }
}

fn remember(known: &mut String, new: &str) {
    if !new.is_empty() && known != new {
        known.clear();
        known.push_str(new);
    }
}
