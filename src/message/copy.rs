//! Values copied from one message to another, with everything in them.

use super::{Message, Node, Value};

impl Message {
    /// Copies a value of another message into this one; the node is the copy's.
    pub fn copy(&mut self, value: Value<'_>) -> Node {
        match value {
            Value::Absent => Node::Absent,
            Value::Nil => Node::Nil,
            Value::Bool(is_so) => Node::Bool(is_so),
            Value::Int(number) => Node::Int(number),
            Value::Float(number) => Node::Float(number),
            Value::Text(text) => self.text(text),
            Value::List(list) => {
                let open = self.open_list();
                for item in list.iter() {
                    let node = self.copy(item);
                    self.push(node);
                }
                self.close_list(open)
            }
            Value::Record(record) => {
                let open = self.open_record(record.fields().len());
                for (slot, value) in record.iter().enumerate() {
                    let node = self.copy(value);
                    self.put(&open, slot, node);
                }
                let copy = self.close_record(open);
                for xml in record.message().further(value.container()) {
                    self.add_further(copy, xml);
                }
                copy
            }
        }
    }
}
