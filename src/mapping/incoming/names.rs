//! The names in a rule about a message, and the leaves that they become.

use std::{cell::RefCell, sync::Arc};

use super::plan::{Hop, KindPlan, Leaf};
use crate::{
    document::{Key, Node},
    mapping::{
        compile::{Compiler, Scope, unknown},
        expression::Expr,
        literal::Literal,
        syntax::{self, Ast, Mistake, Step, Tree},
        type_of,
        value_type::Ty,
    },
    vocabulary::{MessageDef, Type, Vocabulary},
};

/// The names in a rule about one kind of message: fields of the item that `each` is at, fields of the message, parts of its
/// device groups, and names that `[let]` defines.
pub struct MessageScope<'s, 'd> {
    pub vocabulary: &'s Vocabulary,
    pub def: &'s MessageDef,
    pub item: RefCell<Option<Type>>,
    lets: &'s [(Key<'d>, Node<'d>)],
    used_lets: RefCell<Vec<UsedLet>>,
    /// The names of `[let]` that are being compiled; each uses the one behind it.
    begun_lets: RefCell<Vec<String>>,
    plan: RefCell<&'s mut KindPlan>,
}

struct UsedLet {
    name: String,
    ty: Type,
    label: String,
    expr: Option<Expr<Leaf>>,
}

impl<'s, 'd> MessageScope<'s, 'd> {
    pub fn new(
        vocabulary: &'s Vocabulary,
        def: &'s MessageDef,
        plan: &'s mut KindPlan,
        lets: &'s [(Key<'d>, Node<'d>)],
    ) -> MessageScope<'s, 'd> {
        MessageScope {
            vocabulary,
            def,
            item: RefCell::default(),
            lets,
            used_lets: RefCell::default(),
            begun_lets: RefCell::default(),
            plan: RefCell::new(plan),
        }
    }

    /// Adds the expressions of `[let]` to the plan, in the order of their places.
    pub fn finish(&self) {
        let mut plan = self.plan.borrow_mut();
        for used in self.used_lets.borrow_mut().iter_mut() {
            plan.lets.extend(used.expr.take());
        }
    }

    pub fn mark(&self, label: &str) {
        self.plan.borrow_mut().read.insert(label.to_owned());
    }

    /// The leaf that a path leads to, and its type.
    pub fn resolve(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Type), Mistake> {
        let Some((Step::Name { name, span }, rest)) = steps.split_first() else {
            return Err(Mistake { span: 0..0, text: "a path begins with a name".into() });
        };
        let item = self.item.borrow().clone();
        if let Some(ty) = &item {
            if name == "item" {
                return self.walk(compiler, ty.clone(), "", rest).map(|(steps, ty)| (Leaf::Item { steps }, ty));
            }
            if let Type::Record(place) = ty
                && let Some(slot) = self.vocabulary.records[*place].fields.slot(name)
            {
                let field = &self.vocabulary.records[*place].fields.list[slot];
                self.mark_member(&field.label);
                let (mut hops, ty) = self.walk(compiler, field.ty.clone(), &field.label, rest)?;
                hops.insert(0, Hop::Member { record: *place, slot });
                return Ok((Leaf::Item { steps: hops }, ty));
            }
            if name == "place" && rest.is_empty() {
                return Ok((Leaf::Place, Type::Long));
            }
        }
        if let Some(group) = self.def.devices.iter().find(|group| group.label == *name) {
            let part = match rest {
                [Step::Name { name, .. }] => match name.as_str() {
                    "id" => group.id,
                    "type" => group.ty,
                    "number" => group.number,
                    _ => None,
                },
                _ => None,
            };
            let Some(slot) = part else {
                return Err(Mistake {
                    span: span.clone(),
                    text: format!("`{name}` is a device: say .id, .type or .number"),
                });
            };
            let field = &self.def.fields.list[slot];
            self.mark(&field.label);
            return Ok((Leaf::Field { slot, steps: Vec::new() }, field.ty.clone()));
        }
        if let Some(slot) = self.def.fields.slot(name) {
            let field = &self.def.fields.list[slot];
            let (steps, ty) = self.walk(compiler, field.ty.clone(), &field.label, rest)?;
            return Ok((Leaf::Field { slot, steps }, ty));
        }
        if let Some((place, ty, label)) = self.use_let(compiler, name)? {
            let (steps, ty) = self.walk(compiler, ty, &label, rest)?;
            return Ok((Leaf::Let { place, steps }, ty));
        }
        let lets = self.lets.iter().map(|(key, _)| key.name);
        let devices = self.def.devices.iter().map(|group| group.label.as_str());
        let known = self.def.fields.labels().chain(devices).chain(lets);
        Err(unknown(span.clone(), &format!("field of `{}`", self.def.label), name, known))
    }

    /// Marks a member of the items that `each` goes through, under the labels of all lists with items of that type.
    fn mark_member(&self, label: &str) {
        let lists = self
            .def
            .fields
            .list
            .iter()
            .filter(|field| matches!(&field.ty, Type::List(item) if Some(&**item) == self.item.borrow().as_ref()));
        for list in lists {
            self.mark(&format!("{}.{label}", list.label));
        }
        for field in &self.def.fields.list {
            self.mark_beneath(&field.ty, &field.label, label);
        }
        for used in self.used_lets.borrow().iter() {
            match &used.ty {
                Type::List(item) if Some(&**item) == self.item.borrow().as_ref() => {
                    self.mark(&format!("{}.{label}", used.label));
                }
                ty => self.mark_beneath(ty, &used.label, label),
            }
        }
    }

    /// Marks the member in lists that a record has.
    fn mark_beneath(&self, ty: &Type, prefix: &str, label: &str) {
        let Type::Record(place) = ty else { return };
        for field in &self.vocabulary.records[*place].fields.list {
            if let Type::List(item) = &field.ty
                && Some(&**item) == self.item.borrow().as_ref()
            {
                self.mark(&format!("{prefix}.{}.{label}", field.label));
            }
        }
    }

    /// Follows the steps of a path from a value of a type.
    fn walk(
        &self,
        compiler: &Compiler<Self>,
        ty: Type,
        label: &str,
        steps: &[Step],
    ) -> Result<(Vec<Hop>, Type), Mistake> {
        let mut ty = ty;
        let mut label = label.to_owned();
        let mut hops = Vec::new();
        for step in steps {
            match (step, &ty) {
                (Step::Name { name, span }, Type::Record(place)) => {
                    let fields = &self.vocabulary.records[*place].fields;
                    let Some(slot) = fields.slot(name) else {
                        return Err(unknown(span.clone(), "field", name, fields.labels()));
                    };
                    let field = &fields.list[slot];
                    hops.push(Hop::Member { record: *place, slot });
                    label = format!("{label}.{}", field.label);
                    ty = field.ty.clone();
                }
                (Step::Name { span, .. }, _) => {
                    return Err(Mistake { span: span.clone(), text: "what stands before this has no fields".into() });
                }
                (Step::At(place), Type::List(item)) => {
                    hops.push(Hop::At(*place));
                    ty = (**item).clone();
                }
                (Step::Keyed { path, equals }, Type::List(item)) => {
                    let (path, member) = self.walk(compiler, (**item).clone(), &label, path)?;
                    let wanted = type_of::field(self.vocabulary, &member);
                    let equals = compiler.compile(equals, &wanted)?;
                    hops.push(match (&path[..], &equals) {
                        ([Hop::Member { record, slot }], Expr::Literal(Literal::Int(number))) => {
                            Hop::Numbered { record: *record, slot: *slot, number: *number }
                        }
                        _ => Hop::Keyed { path, equals: Arc::new(equals) },
                    });
                    ty = (**item).clone();
                }
                (Step::At(_) | Step::Keyed { .. }, _) => {
                    return Err(Mistake { span: 0..0, text: format!("`{label}` is no list") });
                }
            }
        }
        // A path to a record, or to a list of records, reads nothing by itself: further paths read the members.
        let item = if let Type::List(item) = &ty { &**item } else { &ty };
        if !matches!(item, Type::Record(_)) {
            self.mark(&label);
        }
        Ok((hops, ty))
    }

    /// A name that `[let]` defines. It is compiled when a rule about this message uses it for the first time.
    fn use_let(&self, compiler: &Compiler<Self>, name: &str) -> Result<Option<(usize, Type, String)>, Mistake> {
        let earlier = self.plan.borrow().lets.len();
        if let Some(place) = self.used_lets.borrow().iter().position(|used| used.name == name) {
            let used = &self.used_lets.borrow()[place];
            return Ok(Some((earlier + place, used.ty.clone(), used.label.clone())));
        }
        let Some((_, node)) = self.lets.iter().find(|(key, _)| key.name == name) else { return Ok(None) };
        if self.begun_lets.borrow().iter().any(|begun| begun == name) {
            return Err(Mistake { span: 0..0, text: format!("`let.{name}` is made of itself") });
        }
        self.begun_lets.borrow_mut().push(name.to_owned());
        let outer = self.item.replace(None);
        let compiled = self.compile_let(compiler, name, node.as_text().unwrap_or_default());
        self.item.replace(outer);
        self.begun_lets.borrow_mut().pop();
        let inside = |mistake: Mistake| Mistake { text: format!("in `let.{name}`: {}", mistake.text), ..mistake };
        let used = compiled.map_err(inside)?;
        let (place, ty, label) = (earlier + self.used_lets.borrow().len(), used.ty.clone(), used.label.clone());
        self.used_lets.borrow_mut().push(used);
        Ok(Some((place, ty, label)))
    }

    fn compile_let(&self, compiler: &Compiler<Self>, name: &str, text: &str) -> Result<UsedLet, Mistake> {
        let ast = syntax::parse(text)?;
        let parts = if let Tree::Choice(parts) = &ast.node { &parts[..] } else { std::slice::from_ref(&ast) };
        let Some(Tree::Path(steps)) = parts.first().map(|part| &part.node) else {
            return self.compile_computed(compiler, name, &ast);
        };
        let (_, ty) = self.resolve(compiler, steps)?;
        for part in &parts[1..] {
            self.same_record(compiler, part, &ty)?;
        }
        let names = steps.iter().filter_map(|step| if let Step::Name { name, .. } = step { Some(name) } else { None });
        let mut label: Vec<String> = names.cloned().collect();
        // If it begins with another name of `[let]`, that name's own fields are read.
        if let Some(used) = self.used_lets.borrow().iter().find(|used| used.name == label[0]) {
            label[0].clone_from(&used.label);
        }
        let expr = compiler.compile(&ast, &Ty::Any)?;
        Ok(UsedLet { name: name.to_owned(), ty, label: label.join("."), expr: Some(expr) })
    }

    /// A name for a value that is computed. It has no fields.
    fn compile_computed(&self, compiler: &Compiler<Self>, name: &str, ast: &Ast) -> Result<UsedLet, Mistake> {
        let (expr, ty) = compiler.any(ast, &Ty::Any)?;
        let ty = match ty {
            Ty::Bool => Type::Bool,
            Ty::Number => Type::Long,
            Ty::Text => Type::Text,
            Ty::Id => Type::Id,
            Ty::Any | Ty::Members(_) | Ty::List | Ty::Record => {
                let text =
                    format!("this is {}: a name stands for a path, a number, a text or a truth value", ty.name());
                return Err(Mistake { span: 0..0, text });
            }
        };
        Ok(UsedLet { name: name.to_owned(), ty, label: String::new(), expr: Some(expr) })
    }

    /// Checks that all alternatives to a record have its type, because fields are read by their places.
    fn same_record(&self, compiler: &Compiler<Self>, part: &Ast, first: &Type) -> Result<(), Mistake> {
        match &part.node {
            Tree::Choice(parts) => parts.iter().try_for_each(|part| self.same_record(compiler, part, first)),
            Tree::Path(steps) => {
                let (_, ty) = self.resolve(compiler, steps)?;
                match (first.record(), ty.record()) {
                    (Some(first), Some(other)) if first != other => {
                        let name = |place: usize| &self.vocabulary.records[place].name;
                        let text = format!("a record of type {} cannot stand for a {}", name(other), name(first));
                        Err(Mistake { span: 0..0, text })
                    }
                    _ => Ok(()),
                }
            }
            Tree::Text(_)
            | Tree::Number(_)
            | Tree::Bool(_)
            | Tree::Table { .. }
            | Tree::Compare { .. }
            | Tree::All(_)
            | Tree::Any(_)
            | Tree::Not(_)
            | Tree::Arithmetic { .. }
            | Tree::If(_)
            | Tree::Call { .. } => Ok(()),
        }
    }
}

impl Scope for MessageScope<'_, '_> {
    type Leaf = Leaf;

    fn path(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Ty), Mistake> {
        let (leaf, ty) = self.resolve(compiler, steps)?;
        Ok((leaf, type_of::field(self.vocabulary, &ty)))
    }
}
