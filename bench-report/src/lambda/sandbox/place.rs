//! Where version 2 lets us make groups: under the highest group if that is ours, else under our own,
//! as in a container or a slice that was delegated to us.
//!
//! A group that passes controllers on may hold no processes itself (the kernel's documentation,
//! admin-guide/cgroup-v2.rst, "No Internal Process Constraint"), the highest of all excepted. So who
//! is in it moves to a leaf below.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The group that we move to.
const LEAF: &str = "bench-report-host";

/// The groups whose leaf this process has moved to; the last who uses one puts back what the first
/// has changed.
static USES: Mutex<BTreeMap<PathBuf, Uses>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Default)]
struct Uses {
    places: u32,
    /// What we had the group pass on and it did not before.
    passed_on: Vec<&'static str>,
}

/// A group under which others can have limits.
#[derive(Debug)]
pub(super) struct Place {
    group: PathBuf,
    /// Whether we live in its leaf.
    has_moved: bool,
}

impl Place {
    /// Finds one in the tree at `root`, where `own` says our group, and has it pass its controllers
    /// on.
    ///
    /// # Errors
    ///
    /// Why there is none, as the end of a sentence.
    pub(super) fn find(root: &Path, own: &str) -> Result<Self, String> {
        let own = own_group(root, own);
        let own = own.as_deref();
        // Our own comes first only if it is the highest.
        let why = match Self::at(root, own == Some(root)) {
            Ok(place) => return Ok(place),
            Err(why) => why,
        };
        match own {
            Some(own) if own != root => {
                Self::at(own, true).map_err(|other| format!("{why}, and {other}"))
            }
            _ => Err(why),
        }
    }

    /// The group's folder.
    pub(super) fn group(&self) -> &Path {
        &self.group
    }

    /// At this group, which we may be in.
    fn at(group: &Path, is_own: bool) -> Result<Self, String> {
        let has = |file: &str, controller: &str| {
            let words = fs::read_to_string(group.join(file)).unwrap_or_default();
            words.split_whitespace().any(|word| word == controller)
        };
        if !group.join("cgroup.controllers").exists() {
            return Err(format!("there are none under {}", group.display()));
        }
        for controller in CONTROLLERS {
            if !has("cgroup.controllers", controller) {
                return Err(format!(
                    "{} has no {controller} controller",
                    group.display()
                ));
            }
        }
        let mut uses = USES.lock().unwrap_or_else(PoisonError::into_inner);
        // The highest of all has no type, and may pass on what it likes.
        let has_moved = is_own && group.join("cgroup.type").exists();
        let missing: Vec<_> = CONTROLLERS
            .into_iter()
            .filter(|one| !has(PASSED_ON, one))
            .collect();
        if !missing.is_empty() {
            pass_on(group, &missing, has_moved)?;
        }
        if has_moved {
            let uses = uses.entry(group.to_owned()).or_default();
            uses.places += 1;
            uses.passed_on.extend(missing);
        }
        Ok(Self {
            group: group.to_owned(),
            has_moved,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = USES.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(uses) = all.get_mut(&self.group).filter(|_| self.has_moved) else {
            return;
        };
        uses.places -= 1;
        if uses.places == 0 {
            put_back(&self.group, &uses.passed_on);
            all.remove(&self.group);
        }
    }
}

const CONTROLLERS: [&str; 2] = ["cpu", "memory"];

/// The file that says which controllers the groups below get.
const PASSED_ON: &str = "cgroup.subtree_control";

/// Our group's folder, if it is in the tree at `root`; the one above if it is the leaf.
fn own_group(root: &Path, own: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let path = Path::new(path);
    let is_within = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let path = match path.file_name() {
        Some(name) if name == LEAF => path.parent()?,
        _ => path,
    };
    // Without a separator at its end, as `root` is.
    let group = root.components().chain(path.components()).collect();
    is_within.then_some(group)
}

/// Has a group pass these controllers on, with us out of the way if we are `inside`.
fn pass_on(group: &Path, controllers: &[&str], inside: bool) -> Result<(), String> {
    let leaf = group.join(LEAF);
    let pass = || fs::write(group.join(PASSED_ON), signed('+', controllers));
    let moved = || {
        match fs::create_dir(&leaf) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        enter(&leaf)
    };
    let done = if inside {
        moved().and_then(|()| pass())
    } else {
        pass()
    };
    done.map_err(|error| {
        if inside {
            put_back(group, &[]);
        }
        let group = group.display();
        match error.kind() {
            io::ErrorKind::ResourceBusy => format!(
                "{group} holds other processes too: in a group of our own, as `systemd-run \
                 --scope -p Delegate=yes` makes one, there would be some"
            ),
            _ => format!("the controllers of {group} are not ours: {error}"),
        }
    })
}

/// Moves this process.
fn enter(group: &Path) -> io::Result<()> {
    // 0 is who writes it.
    fs::write(group.join("cgroup.procs"), "0")
}

/// "+cpu +memory".
fn signed(sign: char, controllers: &[&str]) -> String {
    let words: Vec<_> = controllers
        .iter()
        .map(|one| format!("{sign}{one}"))
        .collect();
    words.join(" ")
}

/// Has the group pass these on no more, leaves the leaf and removes it, as far as that is possible.
/// Not so if others are in the leaf: the limits of their functions would be gone.
fn put_back(group: &Path, controllers: &[&str]) {
    let leaf = group.join(LEAF);
    let inside = fs::read_to_string(leaf.join("cgroup.procs")).unwrap_or_default();
    if inside.lines().count() > 1 {
        return;
    }
    if !controllers.is_empty() {
        // Who cannot, stays in the leaf.
        let _ = fs::write(group.join(PASSED_ON), signed('-', controllers));
    }
    let _ = enter(group).and_then(|()| fs::remove_dir(&leaf));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group with both controllers, below another or not.
    fn group(folder: &Path, is_below: bool) {
        fs::create_dir_all(folder).expect("room");
        fs::write(folder.join("cgroup.controllers"), "cpu io memory").expect("room");
        if is_below {
            fs::write(folder.join("cgroup.type"), "domain").expect("room");
        }
    }

    fn read(path: PathBuf) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    #[test]
    fn the_highest_group_passes_its_controllers_on_with_us_inside() {
        let root = tempfile::tempdir().expect("room");
        group(root.path(), false);
        let place = Place::find(root.path(), "0::/\n").expect("it is ours");
        assert_eq!(place.group(), root.path());
        drop(place);
        let passed_on = read(root.path().join(PASSED_ON));
        assert_eq!(passed_on.as_deref(), Some("+cpu +memory"));
        assert!(!root.path().join(LEAF).exists());
    }

    #[test]
    fn a_containers_group_is_left_for_a_leaf_and_put_back() {
        let root = tempfile::tempdir().expect("room");
        group(root.path(), true);
        let place = Place::find(root.path(), "0::/\n").expect("it is ours");
        assert_eq!(place.group(), root.path());
        let passed_on = || read(root.path().join(PASSED_ON));
        let inside = |folder: &str| read(root.path().join(folder).join("cgroup.procs"));
        assert_eq!(passed_on().as_deref(), Some("+cpu +memory"));
        assert_eq!(inside(LEAF).as_deref(), Some("0"));
        assert_eq!(inside(""), None);
        drop(place);
        assert_eq!(passed_on().as_deref(), Some("-cpu -memory"));
        assert_eq!(inside("").as_deref(), Some("0"));
    }

    #[test]
    fn a_delegated_group_is_used_where_the_highest_is_not_ours() {
        let root = tempfile::tempdir().expect("room");
        group(root.path(), false);
        // What is a folder cannot be written, by root neither.
        fs::create_dir(root.path().join(PASSED_ON)).expect("room");
        let own = root.path().join("user.slice/own.scope");
        group(&own, true);
        let place = Place::find(root.path(), "1:cpu:/\n0::/user.slice/own.scope\n");
        assert_eq!(place.expect("it was delegated").group(), own);
    }

    #[test]
    fn who_is_in_the_leaf_already_uses_the_group_above() {
        let own = own_group(Path::new("/groups"), "0::/own.scope/bench-report-host\n");
        assert_eq!(own, Some("/groups/own.scope".into()));
        let own = own_group(Path::new("/groups"), "0::/bench-report-host\n");
        assert_eq!(own, Some("/groups".into()));
    }

    #[test]
    fn a_group_outside_the_tree_is_not_ours() {
        let root = Path::new("/groups");
        assert_eq!(own_group(root, "0::/../../other\n"), None);
        assert_eq!(own_group(root, "4:memory:/own\n"), None);
    }

    #[test]
    fn what_others_use_is_not_put_back() {
        let root = tempfile::tempdir().expect("room");
        group(root.path(), true);
        fs::create_dir(root.path().join(LEAF)).expect("room");
        fs::write(root.path().join(LEAF).join("cgroup.procs"), "17\n19\n").expect("room");
        put_back(root.path(), &CONTROLLERS);
        assert_eq!(read(root.path().join(PASSED_ON)), None);
    }

    #[test]
    fn neither_group_being_ours_says_both_reasons() {
        let root = tempfile::tempdir().expect("room");
        group(root.path(), false);
        fs::create_dir(root.path().join(PASSED_ON)).expect("room");
        fs::create_dir(root.path().join("own")).expect("room");
        let why = Place::find(root.path(), "0::/own\n").expect_err("there is none");
        assert!(why.contains(" are not ours: "), "{why}");
        assert!(why.ends_with("/own"), "{why}");
    }
}
