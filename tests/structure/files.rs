//! No import cycles between files. The files of a cycle can only be understood together.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Import, Library, ModulePath, SourceFile, library};

/// The provided methods of the trait `Channel` are written in modules of their own, which take any `Channel`.
const WITH_A_PARENT: &[&[&str]] = &[&["channel.rs", "channel/prompt.rs", "channel/speech.rs"]];

#[test]
fn no_import_cycle_between_files_except_the_listed_ones() {
    let import_graph =
        import_graph(library(), |from, to| !is_inside(from, to) && !is_inside(to, from));
    assert_known(&[], &cycles(&import_graph), &import_graph);
}

/// Declaring a submodule (`mod`) and re-exporting its names (`pub use`) do not count as imports.
#[test]
fn no_import_cycle_between_a_module_and_its_submodules_except_the_listed_ones() {
    let between =
        cycles(&import_graph(library(), |from, to| !is_inside(from, to) && !is_inside(to, from)));
    let all = import_graph(library(), |_, _| true);
    let with_a_parent = cycles(&all).difference(&between).cloned().collect();
    assert_known(WITH_A_PARENT, &with_a_parent, &all);
}

fn is_inside(inner: &ModulePath, outer: &ModulePath) -> bool {
    inner.len() > outer.len() && inner.starts_with(outer)
}

/// Checks that the cycles are exactly the known ones. A cycle that no longer exists must leave the list.
fn assert_known(
    known: &[&[&str]],
    cycles: &BTreeSet<ImportCycle<'_>>,
    import_graph: &ImportGraph<'_>,
) {
    let known: BTreeSet<ImportCycle<'_>> =
        known.iter().map(|cycle| cycle.iter().copied().collect()).collect();
    let new = cycles.difference(&known).map(|cycle| description(cycle, import_graph));
    let gone = known.difference(cycles).map(|cycle| format!("a cycle that is open: {cycle:?}"));
    let wrong: Vec<_> = new.chain(gone).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// For each file, the files that it imports from, with the imported names.
type ImportGraph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

type ImportCycle<'a> = BTreeSet<&'a str>;

/// The imports that `counts` accepts.
fn import_graph(
    library: &Library,
    counts: impl Fn(&ModulePath, &ModulePath) -> bool,
) -> ImportGraph<'_> {
    let mut import_graph = ImportGraph::new();
    for (module, file) in library {
        let imported = file.imports.iter().filter(|import| !import.is_public);
        let paths = imported.map(|import| &import.path).chain(&file.paths);
        let to = import_graph.entry(file.name.as_str()).or_default();
        for (target, name) in paths.filter_map(|path| resolve(library, module, path)) {
            if target != *module && counts(module, &target) {
                to.entry(library[&target].name.as_str()).or_default().insert(name);
            }
        }
    }
    import_graph
}

/// The module that a path leads to, and the name that is imported from it. A re-exported name belongs to the file that
/// defines it. `None` if the path ends at a module.
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

/// The module that a file imports under this name.
fn module_called(library: &Library, from: &ModulePath, name: &str) -> Option<ModulePath> {
    let import = import(&library[from], name).filter(|import| import.path[0] != name)?;
    let (mut module, rest) = begin(library, from, &import.path)?;
    module.extend_from_slice(rest);
    library.contains_key(&module).then_some(module)
}

fn import<'a>(file: &'a SourceFile, name: &str) -> Option<&'a Import> {
    file.imports.iter().find(|import| import.name == name)
}

/// Sets of files that all reach each other.
fn cycles<'a>(import_graph: &ImportGraph<'a>) -> BTreeSet<ImportCycle<'a>> {
    let reached: BTreeMap<_, _> =
        import_graph.keys().map(|&file| (file, reached(import_graph, file))).collect();
    let cycle = |&file: &&'a str| -> ImportCycle<'a> {
        reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect()
    };
    import_graph.keys().map(cycle).filter(|cycle| !cycle.is_empty()).collect()
}

/// All files that a file reaches. It contains the file itself only if the file is in a cycle.
fn reached<'a>(import_graph: &ImportGraph<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&'a str> = import_graph[from].keys().copied().collect();
    while let Some(file) = ahead.pop() {
        if reached.insert(file) {
            ahead.extend(import_graph[file].keys());
        }
    }
    reached
}

/// A cycle with the imports that form it.
fn description(cycle: &ImportCycle<'_>, import_graph: &ImportGraph<'_>) -> String {
    let ties = cycle.iter().flat_map(|&from| {
        let to = import_graph[from].iter().filter(|(to, _)| cycle.contains(*to));
        to.map(move |(to, names)| format!("\n  {from} takes {names:?} from {to}"))
    });
    format!("a cycle: {cycle:?}{}", ties.collect::<String>())
}
