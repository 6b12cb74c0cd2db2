//! Values that are kept on the tape and read again.

use super::*;

#[test]
fn nested_values_are_found_and_stepped_over() {
    let mut message = Message::default();
    message.start(Kind(0), 2);
    let list = message.open_list();
    for id in [7, 8] {
        let record = message.open_record(3);
        message.put(&record, 1, Node::Int(id));
        let text = message.text("x");
        message.put(&record, 2, text);
        let record = message.close_record(record);
        message.push(record);
    }
    let node = message.close_list(list);
    message.set(1, node);

    let list = message.get(1).as_list().unwrap();
    assert_eq!(message.numbered(message.entries(node), 1, 8), message.entries(node)[1]);
    assert_eq!(message.numbered(message.entries(node), 1, 9), Node::Absent);
    let ids: Vec<_> = list.iter().map(|item| item.as_record().unwrap().get(1).as_int()).collect();
    assert_eq!(ids, [Some(7), Some(8)]);
    assert!(matches!(list.iter().last().unwrap().as_record().unwrap().get(2), Value::Text("x")));
    assert!(matches!(message.get(0), Value::Absent));
    assert!(matches!(message.get(99), Value::Absent));
}

#[test]
fn numbers_may_travel_as_text() {
    assert_eq!(Value::Text(" 12 ").as_int(), Some(12));
    assert_eq!(Value::Text("12a").as_int(), None);
    assert_eq!(Value::Float(3.0).as_int(), Some(3));
    assert_eq!(Value::Float(3.5).as_int(), None);
    assert_eq!(Value::Int(7).as_text(&mut itoa::Buffer::new()), Some("7"));
    assert_eq!(Value::Text("").as_text(&mut itoa::Buffer::new()), None);
    assert_eq!(Value::Text("True").as_bool(), Some(true));
}
