//! Whether a binary runs on Lambda, as far as its header says: for which architecture it
//! was made, and which C library it asks for.

use std::fmt;

use object::{
    LittleEndian, elf,
    elf::FileHeader64,
    read::elf::{FileHeader, ProgramHeader, SectionTable},
};

/// Shared libraries of glibc, and of GCC the one that unwinds panics: on every Lambda runtime.
/// The loader, [`Architecture::loader`], is one too.
const LIBRARIES: [&str; 7] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// glibc of Amazon Linux 2023, below all current runtimes.
const NEWEST: (u32, u32) = (2, 34);

/// glibc of Amazon Linux 2, below `python3.11` and `provided.al2`.
const OLDEST: (u32, u32) = (2, 26);

/// A processor's instructions, of those that Lambda has (AWS Lambda Developer Guide,
/// "Selecting and configuring an instruction set architecture").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 64-bit Arm, as AWS's Graviton has it.
    Arm64,
}

impl Architecture {
    const ALL: [Self; 2] = [Self::X86_64, Self::Arm64];

    /// As AWS calls it.
    fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// ELF's number of it.
    fn elf(self) -> elf::Machine {
        match self {
            Self::X86_64 => elf::EM_X86_64,
            Self::Arm64 => elf::EM_AARCH64,
        }
    }

    /// The loader of glibc (System V ABI, AMD64 supplement, "Program Interpreter"; System V
    /// ABI for the Arm 64-bit Architecture, "Program Interpreter").
    fn loader(self) -> &'static str {
        match self {
            Self::X86_64 => "/lib64/ld-linux-x86-64.so.2",
            Self::Arm64 => "/lib/ld-linux-aarch64.so.1",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a binary asks of the C library of the system it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// Nothing: it brings its own.
    Static,
    /// glibc of this version or later, major and minor.
    Glibc(u32, u32),
}

impl Linkage {
    /// Whether it runs on Amazon Linux 2 too, and not only on Amazon Linux 2023.
    #[must_use]
    pub fn runs_on_amazon_linux_2(self) -> bool {
        match self {
            Self::Static => true,
            Self::Glibc(major, minor) => (major, minor) <= OLDEST,
        }
    }
}

impl fmt::Display for Linkage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static => f.write_str("static"),
            Self::Glibc(major, minor) => write!(f, "glibc {major}.{minor}"),
        }
    }
}

/// Why a binary does not run on Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It is no program for Linux, or broken.
    NoProgram,
    /// It is for another architecture.
    Architecture {
        /// ELF's number of the one it is for.
        found: u16,
        /// The one it is to run on.
        needed: Architecture,
    },
    /// It asks for a loader that is not there, such as musl's.
    Loader(String),
    /// It asks for a shared library that is not there.
    Library(String),
    /// It asks for a later glibc than Amazon Linux 2023 has.
    Glibc(u32, u32),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProgram => f.write_str("it is no program for Linux (ELF, 64 bits)")?,
            Self::Architecture { found, needed } => {
                let mut known = Architecture::ALL.into_iter();
                match known.find(|known| known.elf().0 == *found) {
                    Some(found) => write!(f, "it is for {found}, not for {needed}")?,
                    None => write!(f, "it is for ELF's machine {found}, not for {needed}")?,
                }
            }
            Self::Loader(path) => write!(f, "it needs the loader {path}, which Lambda lacks")?,
            Self::Library(name) => write!(f, "it needs the library {name}, which Lambda lacks")?,
            Self::Glibc(major, minor) => write!(
                f,
                "it needs glibc {major}.{minor}, and Lambda has {}.{}",
                NEWEST.0, NEWEST.1
            )?,
        }
        f.write_str(
            "; edge/deploy/package.sh builds a static binary for each target, which runs on all \
             of its runtimes",
        )
    }
}

impl std::error::Error for Unfit {}

/// Says what a binary asks for.
///
/// # Errors
///
/// Why it does not run on any of Lambda's runtimes for this architecture.
pub fn linkage(binary: &[u8], needed: Architecture) -> Result<Linkage, Unfit> {
    let broken = |_| Unfit::NoProgram;
    let header = FileHeader64::<LittleEndian>::parse(binary).map_err(broken)?;
    let endian = header.endian().map_err(broken)?;
    let machine = header.e_machine(endian);
    if machine != needed.elf() {
        return Err(Unfit::Architecture {
            found: machine.0,
            needed,
        });
    }
    let segments = header.program_headers(endian, binary).map_err(broken)?;
    let mut loader = None;
    for segment in segments {
        loader = loader.or(segment.interpreter(endian, binary).map_err(broken)?);
    }
    let Some(loader) = loader else {
        return Ok(Linkage::Static);
    };
    if loader != needed.loader().as_bytes() {
        return Err(Unfit::Loader(text(loader)));
    }
    let sections = header.sections(endian, binary).map_err(broken)?;
    check_libraries(&sections, endian, binary, needed)?;
    let newest = newest_glibc(&sections, endian, binary)?;
    if newest > NEWEST {
        return Err(Unfit::Glibc(newest.0, newest.1));
    }
    Ok(Linkage::Glibc(newest.0, newest.1))
}

type Sections<'a> = SectionTable<'a, FileHeader64<LittleEndian>>;

/// Looks for shared libraries that Lambda lacks.
fn check_libraries(
    sections: &Sections<'_>,
    endian: LittleEndian,
    binary: &[u8],
    architecture: Architecture,
) -> Result<(), Unfit> {
    let broken = |_| Unfit::NoProgram;
    let loader = architecture.loader().rsplit('/').next();
    let table = sections.dynamic_table(endian, binary).map_err(broken)?;
    for entry in table.iter().filter(|entry| entry.tag == elf::DT_NEEDED) {
        let name = table.string(entry).map_err(broken)?;
        let mut known = LIBRARIES.into_iter().chain(loader);
        if !known.any(|known| known.as_bytes() == name) {
            return Err(Unfit::Library(text(name)));
        }
    }
    Ok(())
}

/// The latest version of glibc that any symbol is asked for in (Linux Standard Base,
/// "Symbol Versioning"); 2.0 if there is none.
fn newest_glibc(
    sections: &Sections<'_>,
    endian: LittleEndian,
    binary: &[u8],
) -> Result<(u32, u32), Unfit> {
    let broken = |_| Unfit::NoProgram;
    let mut newest = (2, 0);
    let Some((mut needs, link)) = sections.gnu_verneed(endian, binary).map_err(broken)? else {
        return Ok(newest);
    };
    let strings = sections.strings(endian, binary, link).map_err(broken)?;
    while let Some((_, mut versions)) = needs.next().map_err(broken)? {
        while let Some(version) = versions.next().map_err(broken)? {
            let name = version.name(endian, strings).map_err(broken)?;
            newest = newest.max(glibc(name).unwrap_or(newest));
        }
    }
    Ok(newest)
}

/// Reads `GLIBC_2.34`, with or without a third number; none if it is another library's, or
/// glibc's own, `GLIBC_PRIVATE`.
fn glibc(name: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = std::str::from_utf8(name)
        .ok()?
        .strip_prefix("GLIBC_")?
        .split('.')
        .map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Architecture::*, *};

    /// An ELF file of nothing but what is looked at: its loader and, by name, its libraries
    /// and the versions of the first.
    fn program(
        architecture: Architecture,
        loader: Option<&str>,
        libraries: &[&str],
        versions: &[&str],
    ) -> Vec<u8> {
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = u32::try_from(strings.len()).expect("a short table");
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
            at
        };
        let mut dynamic = Vec::new();
        for library in libraries {
            dynamic.extend(1_u64.to_le_bytes());
            dynamic.extend(u64::from(string(library)).to_le_bytes());
        }
        dynamic.extend([0; 16]);
        let count = u16::try_from(versions.len()).expect("a few");
        let mut needs = Vec::new();
        needs.extend(1_u16.to_le_bytes());
        needs.extend(count.to_le_bytes());
        needs.extend(string(libraries.first().unwrap_or(&"")).to_le_bytes());
        needs.extend(16_u32.to_le_bytes());
        needs.extend(0_u32.to_le_bytes());
        for (index, version) in versions.iter().enumerate() {
            needs.extend([0; 8]);
            needs.extend(string(version).to_le_bytes());
            let is_last = index + 1 == versions.len();
            needs.extend(if is_last { 0_u32 } else { 16 }.to_le_bytes());
        }
        let loader = loader.map(|path| [path.as_bytes(), b"\0"].concat());
        assemble(
            architecture.elf().0,
            loader.as_deref(),
            &[(3, 0, &strings), (6, 1, &dynamic), (0x6fff_fffe, 1, &needs)],
        )
    }

    /// Sections are given by type, link and content; a link of 1 is the first of them.
    fn assemble(machine: u16, loader: Option<&[u8]>, sections: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let mut body = loader.unwrap_or_default().to_vec();
        let begins = 64 + 56 * usize::from(loader.is_some());
        let mut headers = vec![0; 64];
        for (kind, link, content) in sections {
            body.resize(body.len().next_multiple_of(8), 0);
            let mut header = [0; 64];
            header[4..8].copy_from_slice(&kind.to_le_bytes());
            header[24..32].copy_from_slice(&((begins + body.len()) as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
            header[40..44].copy_from_slice(&link.to_le_bytes());
            headers.extend(header);
            body.extend_from_slice(content);
        }
        body.resize(body.len().next_multiple_of(8), 0);
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        file.extend(2_u16.to_le_bytes());
        file.extend(machine.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(0_u64.to_le_bytes());
        file.extend(64_u64.to_le_bytes());
        file.extend(((begins + body.len()) as u64).to_le_bytes());
        file.extend(0_u32.to_le_bytes());
        let counts = [64, 56, u16::from(loader.is_some()), 64, 4, 1];
        file.extend(counts.iter().flat_map(|count: &u16| count.to_le_bytes()));
        if let Some(loader) = loader {
            let length = (loader.len() as u64).to_le_bytes();
            let segment = [
                [3, 0, 0, 0, 4, 0, 0, 0],
                120_u64.to_le_bytes(),
                [0; 8],
                [0; 8],
                length,
                length,
                [0; 8],
            ];
            file.extend(segment.concat());
        }
        [file, body, headers].concat()
    }

    fn of_glibc(versions: &[&str]) -> Result<Linkage, Unfit> {
        let loader = Some(X86_64.loader());
        linkage(&program(X86_64, loader, &["libc.so.6"], versions), X86_64)
    }

    #[test]
    fn a_binary_without_a_loader_is_static() {
        for architecture in Architecture::ALL {
            assert_eq!(
                linkage(&program(architecture, None, &[], &[]), architecture),
                Ok(Linkage::Static)
            );
        }
    }

    #[test]
    fn each_architecture_has_its_own_loader() {
        for (architecture, loader) in [
            (X86_64, "/lib64/ld-linux-x86-64.so.2"),
            (Arm64, "/lib/ld-linux-aarch64.so.1"),
        ] {
            let name = loader.rsplit('/').next().expect("it has a name");
            let libraries = ["libc.so.6", "libgcc_s.so.1", name];
            let binary = program(architecture, Some(loader), &libraries, &["GLIBC_2.34"]);
            assert_eq!(linkage(&binary, architecture), Ok(Linkage::Glibc(2, 34)));
        }
        let crossed = program(Arm64, Some(X86_64.loader()), &[], &[]);
        assert_eq!(
            linkage(&crossed, Arm64),
            Err(Unfit::Loader(X86_64.loader().into()))
        );
        let crossed = program(Arm64, Some(Arm64.loader()), &["ld-linux-x86-64.so.2"], &[]);
        assert_eq!(
            linkage(&crossed, Arm64),
            Err(Unfit::Library("ld-linux-x86-64.so.2".into()))
        );
    }

    #[test]
    fn the_latest_version_counts_whatever_the_order() {
        let asked = [
            "GLIBC_2.2.5",
            "GLIBC_2.34",
            "GLIBC_2.9",
            "GLIBC_PRIVATE",
            "GCC_3.0",
        ];
        assert_eq!(of_glibc(&asked), Ok(Linkage::Glibc(2, 34)));
    }

    #[test]
    fn a_later_glibc_than_lambdas_is_named() {
        let refusal = of_glibc(&["GLIBC_2.34", "GLIBC_2.39"]).expect_err("it is too new");
        assert_eq!(refusal, Unfit::Glibc(2, 39));
        let text = refusal.to_string();
        assert!(
            text.contains("2.39") && text.contains("edge/deploy/package.sh"),
            "{text}"
        );
    }

    #[test]
    fn only_an_old_glibc_runs_on_amazon_linux_2() {
        assert!(Linkage::Static.runs_on_amazon_linux_2());
        assert!(Linkage::Glibc(2, 26).runs_on_amazon_linux_2());
        assert!(!Linkage::Glibc(2, 27).runs_on_amazon_linux_2());
    }

    #[test]
    fn another_architectures_binary_is_refused_by_name() {
        for (found, needed) in [(X86_64, Arm64), (Arm64, X86_64)] {
            let refusal = linkage(&program(found, None, &[], &[]), needed).expect_err("another's");
            assert_eq!(
                refusal,
                Unfit::Architecture {
                    found: found.elf().0,
                    needed
                }
            );
            let text = refusal.to_string();
            let expected = format!("it is for {found}, not for {needed}; ");
            assert!(text.starts_with(&expected), "{text}");
        }
        let riscv = assemble(243, None, &[]);
        let refusal = linkage(&riscv, Arm64).expect_err("another's");
        assert!(
            refusal.to_string().contains("ELF's machine 243"),
            "{refusal}"
        );
    }

    #[test]
    fn a_loader_and_a_library_that_lambda_lacks_are_named() {
        let musl = program(X86_64, Some("/lib/ld-musl-x86_64.so.1"), &[], &[]);
        assert_eq!(
            linkage(&musl, X86_64),
            Err(Unfit::Loader("/lib/ld-musl-x86_64.so.1".into()))
        );
        let webp = program(
            X86_64,
            Some(X86_64.loader()),
            &["libc.so.6", "libwebp.so.7"],
            &["GLIBC_2.4"],
        );
        assert_eq!(
            linkage(&webp, X86_64),
            Err(Unfit::Library("libwebp.so.7".into()))
        );
    }

    #[test]
    fn a_file_cut_anywhere_is_no_panic() {
        let whole = program(
            X86_64,
            Some(X86_64.loader()),
            &["libc.so.6"],
            &["GLIBC_2.34"],
        );
        assert_eq!(linkage(&whole, X86_64), Ok(Linkage::Glibc(2, 34)));
        for length in 0..whole.len() {
            assert_eq!(
                linkage(&whole[..length], X86_64),
                Err(Unfit::NoProgram),
                "{length}"
            );
        }
    }
}
