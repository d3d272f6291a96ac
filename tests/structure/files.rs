//! No two files import each other, by however many others: such files can only be understood together.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Import, Library, ModulePath, SourceFile, library};

/// The provided methods of the trait `Channel` are written in modules of their own, which take any `Channel`.
const WITH_A_PARENT: &[&[&str]] = &[&["channel.rs", "channel/prompt.rs", "channel/speech.rs"]];

#[test]
fn no_import_cycle_between_files_except_the_listed_ones() {
    let arrows = arrows(library(), |from, to| !is_inside(from, to) && !is_inside(to, from));
    assert_known(&[], &circles(&arrows), &arrows);
}

/// That a module names the modules inside of it (`mod`) and hands on their names (`pub use`) does not count.
#[test]
fn no_import_cycle_between_a_module_and_its_submodules_except_the_listed_ones() {
    let between =
        circles(&arrows(library(), |from, to| !is_inside(from, to) && !is_inside(to, from)));
    let all = arrows(library(), |_, _| true);
    let with_a_parent = circles(&all).difference(&between).cloned().collect();
    assert_known(WITH_A_PARENT, &with_a_parent, &all);
}

fn is_inside(inner: &ModulePath, outer: &ModulePath) -> bool {
    inner.len() > outer.len() && inner.starts_with(outer)
}

/// There are the known circles and no others. One that is there no more must go from its list.
fn assert_known(known: &[&[&str]], circles: &BTreeSet<Circle<'_>>, arrows: &Arrows<'_>) {
    let known: BTreeSet<Circle<'_>> =
        known.iter().map(|circle| circle.iter().copied().collect()).collect();
    let new = circles.difference(&known).map(|circle| described(circle, arrows));
    let gone = known.difference(circles).map(|circle| format!("a circle that is open: {circle:?}"));
    let wrong: Vec<_> = new.chain(gone).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// From each file to those that it imports from, with the names.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

type Circle<'a> = BTreeSet<&'a str>;

/// The arrows that count.
fn arrows(library: &Library, counts: impl Fn(&ModulePath, &ModulePath) -> bool) -> Arrows<'_> {
    let mut arrows = Arrows::new();
    for (module, file) in library {
        let imported = file.imports.iter().filter(|import| !import.is_public);
        let paths = imported.map(|import| &import.path).chain(&file.paths);
        let to = arrows.entry(file.name.as_str()).or_default();
        for (target, name) in paths.filter_map(|path| resolve(library, module, path)) {
            if target != *module && counts(module, &target) {
                to.entry(library[&target].name.as_str()).or_default().insert(name);
            }
        }
    }
    arrows
}

/// The module that a path leads to, and the name that is taken from it. A name that a file only hands on is one of the
/// file that it comes from. Nothing where the path ends at a module: its names come by other paths.
fn resolve(library: &Library, from: &ModulePath, path: &[String]) -> Option<(ModulePath, String)> {
    let (mut module, mut rest) = begin(library, from, path)?;
    while let [name, others @ ..] = rest {
        let inner = [&module[..], std::slice::from_ref(name)].concat();
        if library.contains_key(&inner) {
            (module, rest) = (inner, others);
            continue;
        }
        return match import(&library[&module], name).filter(|_| module != *from) {
            Some(import) => {
                let handed_on = [&import.path[..], others].concat();
                resolve(library, &module, &handed_on)
            }
            None => Some((module, name.clone())),
        };
    }
    None
}

/// The module at which a path begins, and the segments behind it.
fn begin<'p>(
    library: &Library,
    from: &ModulePath,
    path: &'p [String],
) -> Option<(ModulePath, &'p [String])> {
    let (first, mut rest) = path.split_first()?;
    let mut module = match first.as_str() {
        "crate" => Vec::new(),
        "self" => from.clone(),
        "super" => from[..from.len() - 1].to_vec(),
        child => {
            let inner = [&from[..], &[child.to_owned()]].concat();
            if library.contains_key(&inner) { inner } else { module_called(library, from, child)? }
        }
    };
    while let Some(("super", others)) = rest.split_first().map(|(first, rest)| (&**first, rest)) {
        module.pop();
        rest = others;
    }
    Some((module, rest))
}

/// The module that a file has imported by this name.
fn module_called(library: &Library, from: &ModulePath, name: &str) -> Option<ModulePath> {
    let import = import(&library[from], name).filter(|import| import.path[0] != name)?;
    let (mut module, rest) = begin(library, from, &import.path)?;
    module.extend_from_slice(rest);
    library.contains_key(&module).then_some(module)
}

fn import<'a>(file: &'a SourceFile, name: &str) -> Option<&'a Import> {
    file.imports.iter().find(|import| import.name == name)
}

/// Files of which each leads to each.
fn circles<'a>(arrows: &Arrows<'a>) -> BTreeSet<Circle<'a>> {
    let reached: BTreeMap<_, _> =
        arrows.keys().map(|&file| (file, reached(arrows, file))).collect();
    let circle = |&file: &&'a str| -> Circle<'a> {
        reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect()
    };
    arrows.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// All files that one leads to; itself only where there is a way back.
fn reached<'a>(arrows: &Arrows<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&'a str> = arrows[from].keys().copied().collect();
    while let Some(file) = ahead.pop() {
        if reached.insert(file) {
            ahead.extend(arrows[file].keys());
        }
    }
    reached
}

/// A circle with what ties it.
fn described(circle: &Circle<'_>, arrows: &Arrows<'_>) -> String {
    let ties = circle.iter().flat_map(|&from| {
        let to = arrows[from].iter().filter(|(to, _)| circle.contains(*to));
        to.map(move |(to, names)| format!("\n  {from} takes {names:?} from {to}"))
    });
    format!("a circle: {circle:?}{}", ties.collect::<String>())
}
