//! Lists the frozen versions of the script, `js-snippet/frozen/isotherm.vN.js`, for `script.rs`. Before the first release
//! there are none.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../js-snippet/frozen");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = String::from("[\n");
    let mut names: Vec<_> = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for name in names.iter().filter_map(|name| name.to_str()) {
        let version = name
            .strip_prefix("isotherm.v")
            .and_then(|rest| rest.strip_suffix(".js"));
        if let Some(version) = version.and_then(|version| version.parse::<u32>().ok()) {
            let (path, packed) = (folder.join(name), folder.join(format!("{name}.br")));
            writeln!(
                list,
                "    ({version}, include_bytes!({path:?}), include_bytes!({packed:?})),"
            )
            .map_err(io::Error::other)?;
        }
    }
    list += "]\n";
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("frozen.rs"), list)
}
